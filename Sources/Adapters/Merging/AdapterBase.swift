public import Foundation
public import Models
import Tensors

/// The base model of an adapter folder, as far as it is known.
///
/// lorad writes the base's fingerprint to `lorad_base.json` next to `adapter_config.json`; PEFT ignores it. Adapters
/// written by PEFT have only `base_model_name_or_path`. If that is a local folder, its contents are compared.
public enum AdapterBase {
    /// The file with the base's fingerprint.
    public static let file = "lorad_base.json"

    private struct Contents: Codable {
        var base_fingerprint: String
        var embedding_rows: Int?
    }

    /// Writes the fingerprint into an adapter folder.
    ///
    /// - Parameter embeddingRows: rows of the embeddings in training, where they were more than the tokenizer has tokens.
    /// - Throws: `TensorError.writeFailed`.
    static func write(_ fingerprint: BaseFingerprint, embeddingRows: Int? = nil, to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(
            Contents(base_fingerprint: fingerprint.description, embedding_rows: embeddingRows))
        try AtomicFile.write(data, to: folder.appending(path: file).path)
    }

    /// Checks that an adapter belongs to a model.
    ///
    /// - Parameters:
    ///   - adapter: the adapter's folder.
    ///   - configuration: the content of its `adapter_config.json`.
    ///   - model: the model.
    /// - Returns: a notice if the base model is unknown.
    /// - Throws: `AdapterError` if it belongs to another model.
    public static func check(
        adapter: URL, _ configuration: AdapterConfiguration, against model: ModelFolder
    ) throws -> String? {
        let found = BaseFingerprint(model.checkpoint)
        if let recorded = try recorded(in: adapter) {
            try require(recorded == found, adapter, "\(recorded)", model, found)
            return nil
        }
        guard let name = configuration.baseModel else {
            return "\(adapter.path) does not record its base model; its shapes fit \(model.url.path)"
        }
        let named = URL(filePath: name)
        if let folder = try? ModelFolder(named) {
            let fingerprint = BaseFingerprint(folder.checkpoint)
            try require(fingerprint == found, adapter, "\(fingerprint) (\(name))", model, found)
            return nil
        }
        guard named.lastPathComponent != model.url.lastPathComponent else { return nil }
        return
            "\(adapter.path) was trained on \(name); lorad cannot tell whether \(model.url.path) is that model"
    }

    /// The fingerprint that an adapter folder records, as its 16 digits; `nil` if it records none.
    ///
    /// - Throws: `AdapterError` if the file is damaged.
    public static func recordedFingerprint(in adapter: URL) throws -> String? { try recorded(in: adapter)?.description }

    /// The rows that the embeddings had in training, where an adapter folder records that they were more than tokens.
    ///
    /// - Throws: `AdapterError` if the file is damaged.
    static func recordedRows(in adapter: URL) throws -> Int? { try contents(in: adapter)?.embedding_rows }

    private static func recorded(in adapter: URL) throws -> BaseFingerprint? {
        try contents(in: adapter).map { BaseFingerprint(digits: $0.base_fingerprint) }
    }

    private static func contents(in adapter: URL) throws -> Contents? {
        let path = adapter.appending(path: file)
        guard FileManager.default.fileExists(atPath: path.path) else { return nil }
        do {
            return try JSONDecoder().decode(Contents.self, from: Data(contentsOf: path))
        } catch {
            throw AdapterError(
                .corruptFile, "\(path.path): expected base_fingerprint; remove the file to continue without it",
                cause: error)
        }
    }

    private static func require(
        _ holds: Bool, _ adapter: URL, _ expected: String, _ model: ModelFolder, _ found: BaseFingerprint
    ) throws {
        guard !holds else { return }
        throw AdapterError(
            .wrongBase,
            "\(adapter.path) was trained on a model with the fingerprint \(expected), but \(model.url.path) has "
                + "\(found): give the model that it was trained on"
        )
    }
}
