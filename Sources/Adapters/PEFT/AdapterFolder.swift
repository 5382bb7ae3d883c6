public import Foundation
import Models
import Tensors

/// The layout of a PEFT adapter folder.
public enum AdapterFolder {
    /// The configuration's file name.
    public static let configurationFile = "adapter_config.json"
    /// The weights' file name.
    public static let weightsFile = "adapter_model.safetensors"
    /// The weights file's metadata, which transformers insists on.
    public static let weightsMetadata = ["format": "pt"]

    /// Reads a folder's configuration.
    ///
    /// - Returns: the configuration, and one line for each key that was ignored.
    /// - Throws: `AdapterError` naming the file and the key.
    public static func configuration(in folder: URL) throws -> (configuration: AdapterConfiguration, notes: [String]) {
        let file = folder.appending(path: configurationFile)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw AdapterError(
                .fileNotFound,
                "\(file.path): no such file; an adapter folder contains \(configurationFile) and \(weightsFile): "
                    + "check its path"
            )
        }
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw AdapterError(.fileNotFound, "\(file.path): cannot be read", cause: error)
        }
        return try configuration(data, file: file.path)
    }

    /// Reads the text of a configuration; `file` names it in errors and notes.
    public static func configuration(
        _ data: Data, file: String
    ) throws -> (configuration: AdapterConfiguration, notes: [String]) {
        let object: JSONValue
        do {
            // PEFT writes no key twice: a person did, and would not notice that the first one is without effect.
            object = try JSONValue(parsing: data, file: file, refusesRepeatedKeys: true)
        } catch {
            throw AdapterError(.corruptFile, "the adapter's configuration cannot be read", cause: error)
        }
        var notes: [String] = []
        let configuration = try AdapterConfiguration(object: object, source: file, origin: .savedAdapter, notes: &notes)
        return (configuration, notes)
    }

    /// The weights file of a folder.
    ///
    /// - Throws: `AdapterError` if there is none, saying so if there is one in the old pickle format.
    public static func weights(in folder: URL) throws -> URL {
        let file = folder.appending(path: weightsFile)
        if FileManager.default.fileExists(atPath: file.path) { return file }
        let old = folder.appending(path: "adapter_model.bin")
        guard FileManager.default.fileExists(atPath: old.path) else {
            throw AdapterError(.fileNotFound, "\(file.path): not found; this folder contains no adapter weights")
        }
        throw AdapterError(
            .unsupported,
            "\(old.path) is a Python pickle, which lorad does not open; load the adapter in PEFT and "
                + "save it again (save_pretrained writes \(weightsFile))")
    }

    /// Whether a folder contains the temperature of a contrastive model.
    ///
    /// - Throws: `AdapterError` or `TensorError` if its weights cannot be read.
    public static func hasTemperature(_ folder: URL) throws -> Bool {
        let file = try SafetensorsFile(path: try weights(in: folder).path)
        return file.names.contains(AdapterParameter.keyPrefix + ClipModel.logitScaleName)
    }

    /// Writes the configuration into a folder, complete or not at all. The folder is created if needed.
    ///
    /// - Throws: `TensorError.writeFailed`.
    public static func write(_ configuration: AdapterConfiguration, to folder: URL) throws {
        try AtomicFile.write(configuration.fileContents(), to: folder.appending(path: configurationFile).path)
    }
}
