import Foundation
import Models
import Testing

@testable import Adapters

@Suite("trainable_token_indices")
struct TrainableTokensTests {
    private static let embedding = "model.language_model.embed_tokens"

    /// The small LLaVA, its output embedding tied or not.
    private func modules(tied: Bool) -> [ModuleDescription] {
        Golden.shared.modules("llava-llama").map { module in
            guard tied, module.isOutputEmbedding else { return module }
            return ModuleDescription(
                path: module.path, kind: module.kind, isOutputEmbedding: true, tiedTo: Self.embedding,
                parameters: module.parameters)
        }
    }

    private func plan(_ settings: String, tied: Bool = false) throws -> AdapterPlan {
        try AdapterPlan(
            configuration: configuration("{\"target_modules\": [\"q_proj\"], \(settings)}"),
            modules: modules(tied: tied), modelType: "llava")
    }

    private func tokens(_ plan: AdapterPlan) -> [String] {
        plan.parameters.filter { $0.role == .tokens }.map { "\($0.key) \($0.shape[0])" }
    }

    private let input = "base_model.model.\(embedding).token_adapter.trainable_tokens_delta"
    private let output = "base_model.model.lm_head.token_adapter.trainable_tokens_delta"

    @Test("as a list trains rows of the input embedding under PEFT's key, and of a tied output embedding with it")
    func list() throws {
        let apart = try plan(#""trainable_token_indices": [5, 3]"#)
        #expect(tokens(apart) == ["\(input) 2"])
        #expect(apart.trainedRows(at: Self.embedding)?.indices == [5, 3] && apart.trainedRows(at: "lm_head") == nil)
        let tied = try plan(#""trainable_token_indices": [5, 3]"#, tied: true)
        #expect(tokens(tied) == ["\(input) 2"] && tied.trainedRows(at: "lm_head") == tied.trainedRows[0])
    }

    @Test("as a mapping trains each module's own rows; tied ones share them only where they are the same")
    func mapping() throws {
        let same = #""trainable_token_indices": {"embed_tokens": [1, 2], "lm_head": [1, 2]}"#
        #expect(Set(tokens(try plan(same))) == ["\(input) 2", "\(output) 2"])
        #expect(tokens(try plan(same, tied: true)) == ["\(input) 2"])
        let other = #""trainable_token_indices": {"embed_tokens": [1, 2], "lm_head": [1]}"#
        #expect(Set(tokens(try plan(other, tied: true))) == ["\(input) 2", "\(output) 1"])
        let found = message { _ = try plan(other + #", "ensure_weight_tying": true"#, tied: true) }
        #expect(found.contains("ensure_weight_tying keeps equal"), "\(found)")
    }

    @Test("refuses what is no embedding, what trains already, and tokens that have no row")
    func refused() {
        let wrong = [
            (#"{"embed_token": [1]}"#, #"did you mean "embed_tokens"?"#),
            (#"{"q_proj": [1]}"#, "not a token embedding"),
            (#"{"position_embedding": [1]}"#, "not a token embedding"),
            (#"[100000]"#, "names token 100000, but model.language_model.embed_tokens has"),
            (#"[1], "modules_to_save": ["embed_tokens"]"#, "and modules_to_save both train"),
            (#"{"lm_head": [1]}, "target_modules": ["lm_head"]"#, "and target_modules both change lm_head"),
        ]
        for (setting, expected) in wrong {
            let found = message {
                _ = try AdapterPlan(
                    configuration: configuration(
                        "{\(setting.contains("target_modules") ? "" : "\"target_modules\": [\"k_proj\"], ")"
                            + "\"trainable_token_indices\": \(setting)}"),
                    modules: modules(tied: false), modelType: "llava")
            }
            #expect(found.contains(expected), "\(found)")
        }
    }

    @Test(
        "is written as it was read",
        arguments: [#"[7,3]"#, #"{"embed_tokens":[1,2],"lm_head":[4]}"#])
    func written(_ value: String) throws {
        let configuration = try configuration(#"{"target_modules": ["q"], "trainable_token_indices": \#(value)}"#)
        let text = try JSONValue(parsing: configuration.fileContents(), file: "f")
        #expect(try text["trainable_token_indices"] == JSONValue(parsing: Data(value.utf8), file: "g"))
    }

    @Test("that is empty trains nothing")
    func empty() throws {
        #expect(try configuration(#"{"target_modules": ["q"], "trainable_token_indices": []}"#).trainableTokens == nil)
    }
}
