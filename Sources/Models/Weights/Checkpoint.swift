public import Foundation
public import Tensors

/// The weights of a Hugging Face model folder: `model.safetensors`, or shards with their index, mapped into memory.
public struct Checkpoint: Sendable {
    /// The folder.
    public let folder: URL
    /// Additions to the vocabulary: the tokens, and the number of rows of the embeddings now; 0 if unchanged.
    public internal(set) var additions = VocabularyAdditions()
    /// The names of the embeddings; `nil` if the model has none that tokens can be added to.
    public internal(set) var embeddings: EmbeddingNames?
    private var tensors: [String: Tensor]
    /// What the files hold of tensors that were replaced.
    private var originals: [String: Tensor] = [:]
    private let storedNames: [String: String]

    private struct Index: Decodable {
        var weight_map: [String: String]
    }

    /// Opens the weights of a folder.
    ///
    /// - Parameters:
    ///   - folder: the model folder.
    ///   - canonicalName: today's name of a tensor stored under an older one, or `nil` for buffers that are not
    ///     weights.
    /// - Throws: `ModelError` or `TensorError` naming the file, the shard or the tensor.
    public init(folder: URL, canonicalName: (String) -> String?) throws {
        self.folder = folder
        var tensors: [String: Tensor] = [:]
        var storedNames: [String: String] = [:]
        for (file, names) in try Self.files(in: folder) {
            for name in names ?? file.names {
                guard let tensor = file[name] else {
                    throw ModelError(
                        .corruptFile, "\(file.path) lacks tensor \(name), which the index of its folder assigns to it")
                }
                guard let canonical = canonicalName(name) else { continue }
                if let other = storedNames[canonical] {
                    throw ModelError(
                        .corruptFile, "\(folder.path): \(other) and \(name) both mean \(canonical); remove one")
                }
                tensors[canonical] = tensor
                storedNames[canonical] = name
            }
        }
        self.tensors = tensors
        self.storedNames = storedNames
    }

    /// The tensor of a canonical name.
    public subscript(name: String) -> Tensor? { tensors[name] }

    /// The tensor with a canonical name, as stored in the files.
    public func original(_ name: String) -> Tensor? { originals[name] ?? tensors[name] }

    /// Puts another tensor in the place of one that is stored.
    mutating func replace(_ name: String, by tensor: Tensor) {
        originals[name] = original(name)
        tensors[name] = tensor
    }

    /// The canonical names, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// The name of a tensor in its file. An output embedding that is not stored is named in the same dialect as the input
    /// embedding.
    public func storedName(_ name: String) -> String {
        if let stored = storedNames[name] { return stored }
        guard let embeddings, name == embeddings.output, let older = embeddings.older,
            storedNames[embeddings.input] == older.input
        else { return name }
        return older.output
    }

    /// Whether the output embedding is the input embedding, because no other is stored.
    public var storesNoOutputEmbedding: Bool { embeddings.map { tensors[$0.output] == nil } ?? true }

    /// The stored name of the first tensor with NaN or infinite values, if any. Reads all weights.
    public func firstNonFinite() -> String? {
        names.first { name in
            guard let tensor = tensors[name], [.float32, .bfloat16, .float16].contains(tensor.dtype) else {
                return false
            }
            return tensor.converted(to: .float32).hasNonFinite
        }
        .map(storedName)
    }

    /// Bytes of all weights.
    public var byteCount: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }

    private static func files(in folder: URL) throws -> [(file: SafetensorsFile, names: [String]?)] {
        let single = folder.appending(path: "model.safetensors")
        if FileManager.default.fileExists(atPath: single.path) {
            return [(try SafetensorsFile(path: single.path), nil)]
        }
        let indexFile = folder.appending(path: "model.safetensors.index.json")
        guard FileManager.default.fileExists(atPath: indexFile.path) else { throw noWeights(in: folder) }
        let index: Index
        do {
            let data = try Data(contentsOf: indexFile)
            if GitLFSPointer.isOne(data) { throw TensorError(.corruptFile, GitLFSPointer.message) }
            index = try JSONDecoder().decode(Index.self, from: data)
        } catch let error as TensorError {
            throw ModelError(.corruptFile, "\(indexFile.path) \(error.message)")
        } catch {
            throw ModelError(
                .corruptFile, "\(indexFile.path): expected weight_map (tensor name → file name)", cause: error)
        }
        return try Dictionary(grouping: index.weight_map.keys, by: { index.weight_map[$0] ?? "" })
            .sorted { $0.key < $1.key }
            .map { shard, names in
                guard !shard.contains("/") else {
                    throw ModelError(.corruptFile, "\(indexFile.path): shard \(shard) is outside the folder")
                }
                let path = folder.appending(path: shard).path
                guard FileManager.default.fileExists(atPath: path) else {
                    throw ModelError(
                        .fileNotFound, "\(path) is missing; \(indexFile.lastPathComponent) names it: copy it too")
                }
                return (try SafetensorsFile(path: path), names.sorted())
            }
    }

    private static func noWeights(in folder: URL) -> ModelError {
        let path = folder.path
        guard FileManager.default.fileExists(atPath: path) else {
            return ModelError(.fileNotFound, "\(path) does not exist; expected a Hugging Face model folder")
        }
        let pickle = FileManager.default.fileExists(atPath: folder.appending(path: "pytorch_model.bin").path)
        return ModelError(
            .fileNotFound,
            "\(path) contains neither model.safetensors nor model.safetensors.index.json"
                + (pickle
                    ? "; lorad does not read pytorch_model.bin: save the model with safe_serialization=True"
                    : ": is the download complete?"))
    }
}
