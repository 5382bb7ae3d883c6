import Foundation
import Models
import Tensors
import Testing

/// A small checkpoint of a family, and what transformers generates with it.
struct GenerationGolden: Sendable, CustomTestStringConvertible {
    struct Settings: Decodable, Sendable {
        var doSample: Bool?
        var temperature: Double?
        var topK: Int?
        var topP: Double?
        var repetitionPenalty: Double?
        var eosTokenId: [Int]?

        /// As transformers understands them, with its defaults for the rest.
        var settings: GenerationSettings {
            var settings = GenerationSettings()
            settings.samples = doSample ?? settings.samples
            settings.temperature = temperature ?? settings.temperature
            settings.topK = topK ?? settings.topK
            settings.topP = topP ?? settings.topP
            settings.repetitionPenalty = repetitionPenalty ?? settings.repetitionPenalty
            settings.endTokens = Set(eosTokenId ?? [])
            return settings
        }
    }

    struct Text: Decodable, Sendable {
        var adapter: Bool
        var row: Int
        var settings: Settings
        var tokens: [Int32]
    }

    struct Scores: Decodable, Sendable {
        var settings: Settings
        var scores: [Float]
        var tokens: [Int32]
        /// nil: -∞.
        var processed: [Float?]
    }

    private struct Texts: Decodable {
        var length: Int
        var cases: [String: [Text]]
    }

    let name: String
    let length: Int
    let texts: [Text]
    private let tensors: StateDict

    var testDescription: String { name }
    let folder: URL

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        .standardized

    static let all: [GenerationGolden] = {
        [("llava", "generation/texts"), ("idefics3", "idefics3/texts")].flatMap { family, file in
            guard let found: Texts = try? decoded(file) else { return [GenerationGolden]() }
            return found.cases.sorted { $0.key < $1.key }.compactMap {
                try? GenerationGolden($0.key, of: family, length: found.length, $0.value)
            }
        }
    }()

    static let scores: [Scores] = (try? decoded("generation/scores")) ?? []

    private init(_ name: String, of family: String, length: Int, _ texts: [Text]) throws {
        (self.name, self.length, self.texts) = (name, length, texts)
        folder = Self.fixtures.appending(path: "\(family)/\(name)")
        tensors = try SafetensorsFile(path: folder.appending(path: "golden.safetensors").path).stateDict
    }

    private static func decoded<Value: Decodable>(_ name: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            Value.self, from: Data(contentsOf: fixtures.appending(path: "\(name).json")))
    }

    /// A row's tokens, up to its answer unless all are asked for, and its pictures.
    func prompt(_ row: Int, whole: Bool = false) -> (tokens: [Int32], pixels: Tensor?) {
        let tokens = tensors["input_ids.\(row)"]?.integerValues.map { Int32($0) } ?? []
        let answer = tensors["labels.\(row)"]?.integerValues.firstIndex { $0 != -100 } ?? tokens.count
        return (Array(whole ? tokens[...] : tokens[..<answer]), tensors["pixel_values.\(row)"])
    }
}
