public import Foundation
import Models
import Tensors

/// An adapter folder rewritten for the module names of other versions of transformers (see ``KeyDialect``).
///
/// The tensors' bytes and order stay, so converting back gives the same weights file. Every other file in the folder is
/// copied; folders within it, hidden files and weights in other formats are not.
public struct AdapterConversion {
    /// A module's path before and after.
    struct Renaming {
        let old: String
        let new: String
    }

    let dialect: KeyDialect
    /// The modules with LoRA factors.
    let adapted: [Renaming]
    /// The modules whose own parameters are in the file, and those around them.
    let saved: [Renaming]
    /// How many tensors get another name.
    public let count: Int
    private let folder: URL
    private let weights: URL
    private let names: [String: String]

    /// Reads a folder.
    ///
    /// - Parameters:
    ///   - folder: a PEFT adapter folder.
    ///   - dialect: the names to convert to.
    /// - Throws: `AdapterError` or `TensorError` if the folder cannot be read, its model has the same names in every
    ///   version, or it has these names already.
    public init(folder: URL, to dialect: KeyDialect) throws {
        self.folder = folder
        self.dialect = dialect
        _ = try AdapterFolder.configuration(in: folder)
        weights = try AdapterFolder.weights(in: folder)
        let prefix = AdapterParameter.keyPrefix
        let paths = try SafetensorsFile(path: weights.path).names.filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
        guard paths.contains(where: { KeyDialect.of($0) != nil }) else {
            throw AdapterError(
                .unsupported,
                "\(weights.path): contains no names of a LLaVA-style model: other models have the same names in "
                    + "every version of transformers, so there is nothing to convert"
            )
        }
        let renamings = paths.map { Renaming(old: $0, new: dialect.renamed($0)) }
        let changed = renamings.filter { $0.old != $0.new }
        guard !changed.isEmpty else {
            throw AdapterError(
                .invalidConfiguration, "\(folder.path): already has the names of \(dialect.versions); use it unchanged")
        }
        count = changed.count
        names = Dictionary(uniqueKeysWithValues: changed.map { (prefix + $0.old, prefix + $0.new) })
        adapted = Self.modules(paths.compactMap(Self.adaptedModule), dialect)
        saved = Self.modules(
            paths.filter { AdapterMethods.tensorStart(in: $0) == nil }.flatMap {
                Array(ModulePath.selfAndAncestors($0))
            }, dialect)
    }

    /// The module to which a method has added the tensor at a path.
    private static func adaptedModule(_ path: String) -> String? {
        AdapterMethods.tensorStart(in: path).map { String(path[..<$0]) }
    }

    private static func modules(_ paths: [String], _ dialect: KeyDialect) -> [Renaming] {
        Set(paths).sorted().map { Renaming(old: $0, new: dialect.renamed($0)) }
    }

    /// Writes the converted folder, complete or not at all.
    ///
    /// - Parameter overwrite: whether an adapter folder at `output` is replaced.
    /// - Throws: `AdapterError` if `output` exists or a setting cannot be renamed, `TensorError` if it cannot be
    ///   written.
    public func write(to output: URL, overwrite: Bool) throws {
        try check(output, overwrite)
        let manager = FileManager.default
        let partial = output.deletingLastPathComponent()
            .appending(path: ".\(output.lastPathComponent).\(UInt64.random(in: 0...(.max))).partial")
        try AtomicFile.createFolder(of: partial.appending(path: AdapterFolder.weightsFile).path)
        do {
            try writeFiles(to: partial)
            let old = partial.appendingPathExtension("old")
            let isReplaced = manager.fileExists(atPath: output.path)
            if isReplaced { try manager.moveItem(at: output, to: old) }
            do {
                try manager.moveItem(at: partial, to: output)
            } catch {
                if isReplaced { try? manager.moveItem(at: old, to: output) }
                throw error
            }
            if isReplaced { try manager.removeItem(at: old) }
            try AtomicFile.synchronize(folder: output.deletingLastPathComponent().path, of: output.path)
        } catch {
            try? manager.removeItem(at: partial)
            throw error
        }
    }

    private func check(_ output: URL, _ overwrite: Bool) throws {
        let manager = FileManager.default
        guard manager.fileExists(atPath: output.path) else { return }
        guard
            output.resolvingSymlinksInPath().standardizedFileURL.path
                != folder.resolvingSymlinksInPath().standardizedFileURL.path
        else {
            throw AdapterError(
                .writeFailed, "\(output.path): is the adapter's own folder; choose another output folder")
        }
        guard overwrite else {
            throw AdapterError(
                .writeFailed,
                "\(output.path): already exists; choose another output folder, or replace it with --overwrite")
        }
        guard manager.fileExists(atPath: output.appending(path: AdapterFolder.configurationFile).path) else {
            throw AdapterError(
                .writeFailed,
                "\(output.path): is not an adapter folder, so it is not replaced; choose another output folder")
        }
    }

    private func writeFiles(to partial: URL) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder.path).sorted() {
            let source = folder.appending(path: name).resolvingSymlinksInPath()
            var isFolder: ObjCBool = false
            guard !name.hasPrefix("."), name != AdapterFolder.configurationFile, name != AdapterFolder.weightsFile,
                ![".bin", ".pt", ".pth"].contains(where: name.hasSuffix),
                manager.fileExists(atPath: source.path, isDirectory: &isFolder), !isFolder.boolValue
            else { continue }
            try manager.copyItem(at: source, to: partial.appending(path: name))
        }
        try SafetensorsRenaming.write(
            names, of: weights, to: partial.appending(path: AdapterFolder.weightsFile).path)
        let file = folder.appending(path: AdapterFolder.configurationFile)
        let data = try Data(contentsOf: file)
        let settings = try JSONValue(parsing: data, file: file.path)
        let changed = try renamed(settings: settings)
        let end = data.last == UInt8(ascii: "\n") ? "\n" : ""
        let text = changed == settings ? data : Data((changed.text(indent: 2) + end).utf8)
        try AtomicFile.write(text, to: partial.appending(path: AdapterFolder.configurationFile).path)
    }
}
