import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite("New tokens", .ownThreads, .timeLimit(.minutes(10)))
struct NewTokensTests {
    private static let tokens = #"tokenizer={ add_tokens: ["<loc>", {content: "<sep>", special: true}, "<image>"] }"#

    private func trained(_ settings: String...) async throws -> (run: TinyRun, outcome: LoradProcess.Outcome) {
        let run = try TinyRun([Self.tokens, TinyRun.freshAdapter] + settings)
        let outcome = try await run.train()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return (run, outcome)
    }

    @Test("train by default, are told of, and come with the adapter and its tokenizer")
    func adapter() async throws {
        let (run, outcome) = try await trained()
        #expect(outcome.errors.contains("2 tokens added with the ids 384 to 385"), "\(outcome.errors)")
        #expect(outcome.errors.contains("\"<image>\" is already in the vocabulary"))
        #expect(outcome.errors.contains("are trained (trainable_token_indices)"))
        let keys = try SafetensorsFile(path: "\(run.path)/out/adapter_model.safetensors").names
        #expect(keys.contains { $0.hasSuffix("embed_tokens.token_adapter.trainable_tokens_delta") })
        let tokenizer = try Tokenizer(folder: URL(filePath: "\(run.path)/out"))
        #expect(tokenizer.id(of: "<sep>") == 385)
        let evaluated = try await lorad(
            "eval", "--model", TinyLlava.model, "--adapter", "\(run.path)/out", "--data", TinyLlava.data("val"),
            "--images", TinyLlava.pictures, "--json")
        #expect(evaluated.status == 0, "\(evaluated.errors)")
        let merged = "\(run.path)/merged"
        let merge = try await lorad(
            "merge", "--model", TinyLlava.model, "--adapter", "\(run.path)/out", "--output", merged, "--dtype",
            "float32")
        #expect(merge.status == 0, "\(merge.errors)")
        let again = try await lorad(
            "eval", "--model", merged, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures, "--json")
        struct Report: Decodable { var loss: Double }
        let losses = try [evaluated, again].map {
            try JSONDecoder().decode(Report.self, from: Data($0.output.utf8)).loss
        }
        #expect(abs(losses[0] - losses[1]) < 1e-5)
        let folder = try ModelFolder(URL(filePath: merged))
        #expect(folder.vocabularyRows ?? 0 >= 386)
        #expect(try folder.tokenizer().id(of: "<loc>") == 384)
    }

    @Test("are trained further from the adapter's folder")
    func continued() async throws {
        let (run, _) = try await trained()
        let next = try TinyRun("adapter={ path: \(run.path)/out }")
        let outcome = try await next.train()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try Tokenizer(folder: URL(filePath: "\(next.path)/out")).id(of: "<sep>") == 385)
    }

    @Test("in a padded vocabulary: the folder records the rows, and what loads it has them")
    func padded() async throws {
        let (run, outcome) = try await trained("tokenizer.embedding_rows=448")
        #expect(outcome.errors.contains("the embeddings have 448 rows now"), "\(outcome.errors)")
        let record = try Data(contentsOf: URL(filePath: "\(run.path)/out/lorad_base.json"))
        #expect(String(decoding: record, as: UTF8.self).contains(#""embedding_rows":448"#))
        let merged = "\(run.path)/merged"
        let merge = try await lorad(
            "merge", "--model", TinyLlava.model, "--adapter", "\(run.path)/out", "--output", merged)
        #expect(merge.status == 0, "\(merge.errors)")
        #expect(try ModelFolder(URL(filePath: merged)).vocabularyRows == 448)
    }

    @Test(
        "are what a run is resumed with, or it is refused by the key's name",
        arguments: [
            (#"tokenizer={ add_tokens: ["<place>", {content: "<sep>", special: true}] }"#, "tokenizer.add_tokens"),
            (#"tokenizer={ add_tokens: ["<loc>", "<sep>"] }"#, "tokenizer.add_tokens"),
            ("tokenizer.embedding_rows=400", "tokenizer.embedding_rows"),
        ])
    func resumed(_ setting: String, _ key: String) async throws {
        let (run, _) = try await trained("training.save_steps=1")
        let outcome = try await run.train("--resume", "--set", setting)
        #expect(outcome.status == 1 && outcome.errors.contains("--allow-change \(key)"), "\(outcome.errors)")
    }

    @Test("are saved whole by modules_to_save, which lorad loads again")
    func savedWhole() async throws {
        let (run, outcome) = try await trained("adapter.modules_to_save=[embed_tokens, lm_head]")
        #expect(!outcome.errors.contains("trainable_token_indices"))
        let evaluated = try await lorad(
            "eval", "--model", TinyLlava.model, "--adapter", "\(run.path)/out", "--data", TinyLlava.data("val"),
            "--images", TinyLlava.pictures)
        #expect(evaluated.status == 0, "\(evaluated.errors)")
    }

    @Test(
        "that cannot be are refused with what is wrong",
        arguments: [
            (#"[""]"#, "expected a text that is not empty"), (#"["<a>", "<a>"]"#, "\"<a>\" is listed twice"),
            (#"[{content: "<a>", strip: true}]"#, "strip is no flag of a token"), ("[7]", "expected a text"),
            (#"[{content: "<a>", special: 1}]"#, "must be true or false"), ("x", "expected a list of tokens"),
        ])
    func refused(_ tokens: String, _ expected: String) async throws {
        let run = try TinyRun("tokenizer.add_tokens=\(tokens)", TinyRun.freshAdapter)
        let outcome = try await run.train()
        #expect(outcome.status != 0 && outcome.errors.contains(expected), "\(outcome.errors)")
    }
}
