public import Foundation
public import Models
public import Tensors

/// A model and an adapter as one Hugging Face folder, to be used without either.
public struct MergedModel: Sendable {
    let folder: ModelFolder
    let weights: MergedWeights
    let dtype: DType?
    /// Whether the output embedding must be stored, because the adapter changed it or the input embedding alone.
    let untiesEmbeddings: Bool

    /// Puts an adapter into a model.
    ///
    /// - Parameters:
    ///   - folder: the base model.
    ///   - weights: its adapter.
    ///   - isTied: whether the base's output embedding is its input embedding.
    ///   - dtype: the type of all floating-point tensors; nil leaves each in its own.
    public init(_ folder: ModelFolder, _ weights: AdapterWeights, isTied: Bool, dtype: DType? = nil) {
        self.folder = folder
        self.dtype = dtype
        let merged = MergedWeights(weights, into: folder.checkpoint, computing: .float32)
        self.weights = merged
        untiesEmbeddings = isTied && merged.untiesEmbeddings
    }

    /// Writes the folder: all files of the base, with the adapter merged into the weights, under the base's own tensor
    /// names.
    ///
    /// It is written under a temporary name and then renamed, so it is complete or absent.
    ///
    /// - Parameters:
    ///   - output: the path of the folder, which must not exist or be empty.
    ///   - shardBytes: most bytes of tensors per file.
    ///   - check: checks the folder before it is renamed; an error cancels the merge.
    /// - Throws: `AdapterError` or `TensorError` if it cannot be written, or values exceed the range of the type.
    public func write(to output: URL, shardBytes: Int, check: (URL) throws -> Void = { _ in }) throws {
        let manager = FileManager.default
        guard try Self.isFree(output) else {
            throw AdapterError(.writeFailed, "\(output.path) is not empty: give a folder that does not exist yet")
        }
        let partial = output.deletingLastPathComponent()
            .appending(path: ".\(output.lastPathComponent).\(UUID().uuidString.prefix(8)).partial")
        do {
            try manager.createDirectory(at: partial, withIntermediateDirectories: true)
            try copyFiles(to: partial)
            try writeConfiguration(to: partial)
            try writeWeights(to: partial, shardBytes: shardBytes)
            try check(partial)
            if manager.fileExists(atPath: output.path) { try manager.removeItem(at: output) }
            try manager.moveItem(at: partial, to: output)
        } catch {
            try? manager.removeItem(at: partial)
            throw error is CocoaError
                ? AdapterError(.writeFailed, "\(output.path) cannot be written", cause: error) : error
        }
    }

    private static func isFree(_ output: URL) throws -> Bool {
        guard FileManager.default.fileExists(atPath: output.path) else { return true }
        return (try? FileManager.default.contentsOfDirectory(atPath: output.path).isEmpty) ?? false
    }
}
