import Foundation
import TestSupport
import Testing

@Suite("lorad eval", .ownThreads, .timeLimit(.minutes(10)))
struct EvalTests {
    private struct Report: Decodable {
        var loss: Double
        var supervised_tokens: Int
        var rows: Int
        var perplexity: Double
        var exact_match: Double?
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
        #expect(report.exact_match == Double(expected.exact) / Double(expected.rows))
    }

    @Test("finds the reference's loss and exact matches of the base model")
    func base() async throws { try check(try await report("--generate"), "base") }

    @Test("finds the reference's loss and exact matches of an adapter, on any number of lanes", arguments: [1, 2, 3])
    func adapter(lanes: Int) async throws {
        let found = try await report("--generate", "--adapter", TinyLlava.adapter, "--lanes", "\(lanes)")
        try check(found, "adapter")
    }

    @Test("finds the reference's loss and exact matches of the adapter that lorad trained")
    func trained() async throws {
        let run = try TinyRun()
        try await run.train()
        try check(try await report("--generate", "--adapter", "\(run.path)/out"), "trained")
    }

    @Test("leaves exact matches out where no answers are asked for")
    func lossOnly() async throws { #expect(try await report().exact_match == nil) }

    @Test("writes lines for people without --json")
    func text() async throws {
        let outcome = try await lorad(
            "eval", "--model", TinyLlava.model, "--data", TinyLlava.data("val"), "--images", TinyLlava.pictures,
            "--generate")
        let expected = try #require(try TinyLlava.expected().validation["base"])
        #expect(outcome.output.contains("loss         \(String(format: "%.4f", expected.loss).dropLast())"))
        #expect(outcome.output.contains("exact match  20.00%"))
    }
}
