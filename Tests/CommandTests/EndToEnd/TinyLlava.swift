import Foundation

/// The folder Fixtures/tiny-llava: a model, an adapter, data, and what transformers and PEFT make of them.
enum TinyLlava {
    /// What the reference computed, written by the fixture's generator.
    struct Expected: Decodable {
        struct Training: Decodable {
            var steps: Int
            var batch: Int
            var learningRate: Double
            var losses: [Double]
            var supervisedTokens: [Int]
        }

        struct Validation: Decodable {
            var loss: Double
            var supervisedTokens: Int
            var rows: Int
            var exact: Int
        }

        struct Tokens: Decodable {
            var ids: [Int32]
            /// Half-open ranges of positions.
            var supervised: [[Int]]
        }

        var trainableParameters: Int
        var allParameters: Int
        var training: Training
        /// By `base`, `adapter` and `trained`.
        var validation: [String: Validation]
        /// By template and file.
        var tokens: [String: [String: [Tokens]]]
    }

    /// The root of the sources, from which the run files under configs/ work.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        .standardized.path
    static let folder = "\(repository)/Tests/Fixtures/tiny-llava"
    static let model = "\(folder)/model"
    static let adapter = "\(folder)/adapter"
    static let pictures = "\(folder)/data/pictures"

    static func expected() throws -> Expected {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Expected.self, from: Data(contentsOf: URL(filePath: "\(folder)/expected.json")))
    }

    static func data(_ name: String) -> String { "\(folder)/data/\(name).json" }
}
