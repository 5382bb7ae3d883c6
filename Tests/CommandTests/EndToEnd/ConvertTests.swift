import Foundation
import TestSupport
import Testing

@Suite("lorad convert", .ownThreads, .timeLimit(.minutes(10)))
struct ConvertTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func lorad(_ arguments: String...) async throws -> LoradProcess.Outcome {
        try await LoradProcess(arguments, in: TinyLlava.repository).outcome()
    }

    @Test("writes an adapter of older names, with which a model answers as before")
    func older() async throws {
        let output = "\(folder.path)/old"
        let outcome = try await lorad("convert", TinyLlava.adapter, "--keys", "v4", "--output", output)
        #expect(outcome.status == 0 && outcome.output.contains("tensors renamed for transformers before 4.52"))
        let again = try await lorad("convert", TinyLlava.adapter, "--keys", "v4", "--output", output)
        #expect(again.status == 1 && again.errors.contains("--overwrite"))
        let losses = try await [TinyLlava.adapter, output].asyncMap { adapter in
            let outcome = try await lorad(
                "eval", "--model", TinyLlava.model, "--adapter", adapter, "--data", TinyLlava.data("val"), "--images",
                TinyLlava.pictures, "--json")
            return outcome.output
        }
        #expect(losses[0] == losses[1] && losses[0].contains("loss"))
        let inspected = try await lorad("inspect", output)
        #expect(inspected.output.contains("lorad convert --keys v5"))
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
