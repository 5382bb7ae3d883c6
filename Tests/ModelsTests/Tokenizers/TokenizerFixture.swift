import Foundation
import Testing

@testable import Models

/// A small tokenizer with what the reference implementation made of some texts.
struct TokenizerFixture: Decodable {
    struct Sample: Decodable {
        var text: String?
        var special: Bool
        var ids: [Int]
        var offsets: [Int]?
        var decoded: String
    }

    static let kinds = [
        "accents", "clip", "gpt2", "llama2-metaspace", "llama2-normalizer", "llama3", "metaspace-split", "qwen2",
        "smollm",
    ]

    var vocabulary_size: Int
    var samples: [Sample]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Fixtures/tokenizers").standardizedFileURL

    static func tokenizer(_ kind: String) throws -> Tokenizer {
        try Tokenizer(folder: folder.appendingPathComponent(kind))
    }

    static func golden(_ kind: String) throws -> TokenizerFixture {
        let data = try Data(contentsOf: folder.appendingPathComponent("\(kind)/golden.json"))
        return try JSONDecoder().decode(TokenizerFixture.self, from: data)
    }

    /// The contents of a tokenizer file around a tiny vocabulary, with sections put in.
    static func json(_ sections: String = "", model: String = "", vocabulary: String = #"{"a":0,"b":1,"ab":2}"#) -> Data
    {
        Data(
            """
            {"version":"1.0"\(sections),"model":{"type":"BPE"\(model),"vocab":\(vocabulary),"merges":[["a","b"]]}}
            """.utf8)
    }
}
