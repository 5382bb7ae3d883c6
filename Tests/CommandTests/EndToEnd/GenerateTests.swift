import Foundation
import TestSupport
import Testing

@Suite("lorad generate", .ownThreads, .timeLimit(.minutes(10)))
struct GenerateTests {
    private struct Report: Decodable {
        var text: String
        var tokens: [Int]
        var ending: String
        var prompt_tokens: Int
    }

    private static let common = [
        "generate", "--model", TinyLlava.model, "--image", "\(TinyLlava.pictures)/red-circle.jpg", "--prompt",
        "What is shown?", "--max-new-tokens", "12",
    ]

    private func run(_ arguments: String...) async throws -> LoradProcess.Outcome {
        try await LoradProcess(Self.common + arguments, in: TinyLlava.repository).outcome()
    }

    private func report(_ arguments: String...) async throws -> Report {
        let outcome = try await LoradProcess(Self.common + arguments + ["--json"], in: TinyLlava.repository).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    @Test("writes the text that its JSON reports, and nothing else, to standard output")
    func text() async throws {
        let (outcome, report) = (try await run(), try await report())
        #expect(outcome.status == 0, "\(outcome.errors)")
        let shown = report.text.drop(while: \.isWhitespace)
        #expect(outcome.output == shown + "\n" && !shown.isEmpty)
        #expect(outcome.errors.contains("tokens, "))
        #expect(report.tokens.count <= 12)
    }

    @Test("gives the same text with the adapter beside the weights and merged into them, and another without")
    func merged() async throws {
        let beside = try await report("--adapter", TinyLlava.adapter)
        let merged = try await report("--adapter", TinyLlava.adapter, "--merge")
        #expect(beside.tokens == merged.tokens)
    }

    @Test("draws by the seed as soon as a temperature is given, and not with 0")
    func sampling() async throws {
        let drawn = try await report("--temperature", "3", "--seed", "1")
        #expect(try await report("--temperature", "3", "--seed", "1").tokens == drawn.tokens)
        #expect(try await report("--temperature", "3", "--seed", "2").tokens != drawn.tokens)
        #expect(try await report("--temperature", "0").tokens == report().tokens)
    }

    @Test("takes several pictures, where the prompt says")
    func pictures() async throws {
        let image = "\(TinyLlava.pictures)/blue-square.png"
        let two = try await report("--image", image)
        #expect(two.prompt_tokens == (try await report()).prompt_tokens + 17)
        let outcome = try await run("--prompt", "<image> or <image>?")
        #expect(outcome.status == 1 && outcome.errors.contains("the prompt has 2 <image> markers"))
    }

    @Test("stops before a stop string")
    func stop() async throws {
        let whole = try await report().text
        let stop = String(whole.drop(while: \.isWhitespace).dropFirst().prefix(2))
        let stopped = try await report("--stop", "never", stop)
        #expect(stopped.ending == "stop_string" && whole.hasPrefix(stopped.text + stop))
    }

    @Test("says what is wrong with a picture or a setting")
    func problems() async throws {
        let missing = try await run("--image", "/nonexistent.png")
        #expect(missing.status == 1 && missing.errors.contains("/nonexistent.png"))
        let setting = try await run("--top-p", "2")
        #expect(setting.status == 1 && setting.errors.contains("top_p is 2.0, expected between 0 and 1"))
    }
}
