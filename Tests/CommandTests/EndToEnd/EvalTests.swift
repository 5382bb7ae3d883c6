import Foundation
import Tensors
import TestSupport
import Testing

@Suite("lorad eval", .ownThreads, .timeLimit(.minutes(10)))
struct EvalTests {
    private struct Report: Decodable {
        var loss: Double
        var supervised_tokens: Int
        var rows: Int
        var perplexity: Double
        var token_exact_match: Double
        var exact_match: Double?
        var vqa_accuracy: Double?
    }

    private func report(_ arguments: String...) async throws -> Report {
        let common = [
            "eval", "--model", TinyLlava.model, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures,
            "--json",
        ]
        let outcome = try await LoradProcess(common + arguments, in: TinyLlava.repository).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    private func check(_ report: Report, _ name: String) throws {
        let expected = try #require(try TinyLlava.expected().validation[name])
        #expect(isClose(report.loss, expected.loss), "\(report.loss), expected \(expected.loss)")
        #expect(isClose(report.perplexity, exp(expected.loss), within: 1e-3))
        #expect(report.supervised_tokens == expected.supervisedTokens)
        #expect(report.rows == expected.rows)
        #expect(report.token_exact_match == Double(expected.exact) / Double(expected.rows))
    }

    @Test("finds the reference's loss and exact matches of the base model")
    func base() async throws { try check(try await report(), "base") }

    @Test("names tensors of the model that nothing uses, as generate does", arguments: ["eval", "generate"])
    func unusedTensors(command: String) async throws {
        let folder = try TemporaryFolder()
        let model = "\(folder.path)/model"
        try FileManager.default.copyItem(atPath: TinyLlava.model, toPath: model)
        let path = "\(model)/model.safetensors"
        var state = StateDict(try SafetensorsFile(path: path).stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        state["stray"] = Tensor(zeros: [2])
        try state.write(to: path)
        let outcome =
            command == "eval"
            ? try await lorad(
                "eval", "--model", model, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures)
            : try await lorad("generate", "--model", model, "--prompt", "What is it?", "--max-new-tokens", "2")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("1 tensors of the checkpoint are not used: stray"), "\(outcome.errors)")
    }

    @Test("finds the reference's loss and exact matches of an adapter, on any number of lanes", arguments: [1, 2, 3])
    func adapter(lanes: Int) async throws {
        let found = try await report("--adapter", TinyLlava.adapter, "--lanes", "\(lanes)")
        try check(found, "adapter")
    }

    @Test("finds the reference's loss and exact matches of the adapter that lorad trained")
    func trained() async throws {
        let run = try TinyRun()
        try await run.train()
        try check(try await report("--adapter", "\(run.path)/out"), "trained")
    }

    @Test("scores answers where they are asked for, and only there")
    func lossOnly() async throws { #expect(try await report().exact_match == nil) }

    @Test("lets the model answer, and writes each answer with its scores")
    func answers() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/predictions.jsonl"
        let found = try await report("--generate", "--max-new-tokens", "24", "--predictions", path)
        let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let exact = rows.compactMap { $0["exact_match"] as? Double }
        #expect(exact.count >= found.rows)
        // A row whose every token is right is answered right; texts may also agree where end marks do not.
        #expect(exact.reduce(0, +) >= found.token_exact_match * Double(found.rows) && found.token_exact_match > 0)
        #expect(abs(exact.reduce(0, +) / Double(exact.count) - (found.exact_match ?? -1)) < 1e-12)
        #expect(rows.allSatisfy { ($0["references"] as? [String])?.count == 1 && $0["prediction"] is String })
        let again = try await lorad("score", path, "--json")
        #expect(again.output.contains("\"exact_match\":\(found.exact_match ?? -1)"))
    }

    @Test("writes lines for people without --json")
    func text() async throws {
        let outcome = try await lorad(
            "eval", "--model", TinyLlava.model, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures,
            "--generate")
        let expected = try #require(try TinyLlava.expected().validation["base"])
        #expect(outcome.output.contains("loss         \(String(format: "%.4f", expected.loss).dropLast())"))
        #expect(outcome.output.contains("token match  20.00%"))
        for name in ["exact match  ", "VQA accuracy ", "ROUGE-L      ", "CIDEr-D      "] {
            #expect(outcome.output.contains("\n\(name)"))
        }
    }
}
