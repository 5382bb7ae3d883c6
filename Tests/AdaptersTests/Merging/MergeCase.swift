import Adapters
import Foundation
import Models
import Tensors
import Testing

/// A checkpoint and adapter of a family, and what transformers and PEFT generate with them.
struct MergeCase: Sendable, CustomTestStringConvertible {
    struct Text: Decodable, Sendable {
        struct Settings: Decodable, Sendable {
            var do_sample: Bool?
            var repetition_penalty: Double?
            var eos_token_id: [Int]?
        }
        var adapter: Bool
        var row: Int
        var settings: Settings
        var tokens: [Int32]
    }

    private struct Texts: Decodable {
        var length: Int
        var cases: [String: [Text]]
    }

    let name: String
    let texts: [Text]
    let length: Int
    let adapted: any GenerativeModel
    let weights: AdapterWeights
    let folder: ModelFolder
    private let tensors: StateDict

    var testDescription: String { name }
    var adapter: URL { folder.url.appending(path: "adapter") }

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        .standardized

    static let all: [MergeCase] = {
        [("llava", "generation"), ("idefics3", "idefics3")].flatMap { family, texts in
            let file = fixtures.appending(path: "\(texts)/texts.json")
            guard let data = try? Data(contentsOf: file), let found = try? JSONDecoder().decode(Texts.self, from: data)
            else { return [MergeCase]() }
            return found.cases.sorted { $0.key < $1.key }
                .compactMap { try? MergeCase($0.key, of: family, $0.value, length: found.length) }
        }
    }()

    static func named(_ name: String) throws -> MergeCase { try #require(all.first { $0.name == name }) }

    private init(_ name: String, of family: String, _ texts: [Text], length: Int) throws {
        (self.name, self.texts, self.length) = (name, texts, length)
        folder = try ModelFolder(Self.fixtures.appending(path: "\(family)/\(name)"))
        let adapter = folder.url.appending(path: "adapter")
        let plan = try AdapterPlan(
            configuration: AdapterFolder.configuration(in: adapter).configuration,
            modules: folder.load(computing: .float32).modules, modelType: folder.modelType)
        let fresh = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        weights = try AdapterWeights.loaded(from: adapter, fresh: fresh).weights
        adapted = try folder.load(computing: .float32, customization: weights).model.generative
        tensors = try SafetensorsFile(path: folder.url.appending(path: "golden.safetensors").path).stateDict
    }

    /// The merged model in memory.
    func merged(computing type: DType = .float32) throws -> any GenerativeModel {
        let merged = MergedWeights(weights, into: folder.checkpoint, computing: type)
        return try folder.load(computing: type, customization: merged).model.generative
    }

    /// A row's tokens up to its answer, and its pictures.
    func prompt(_ row: Int) -> (tokens: [Int32], pixels: Tensor?) {
        let tokens = tensors["input_ids.\(row)"]?.integerValues.map { Int32($0) } ?? []
        let answer = tensors["labels.\(row)"]?.integerValues.firstIndex { $0 != -100 } ?? tokens.count
        return (Array(tokens[..<answer]), tensors["pixel_values.\(row)"])
    }

    /// A row as a batch.
    func batch(_ row: Int) -> PackedBatch {
        let (tokens, pixels) = prompt(row)
        return PackedBatch(sequences: [(tokens, tokens)], images: [pixels].compactMap(\.self))
    }
}

/// Calls `body` with the path of a folder that is not there yet, in one that is removed afterwards.
func withOutput<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.appending(path: "merged"))
}

/// max |a − b|.
func distance(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
}
