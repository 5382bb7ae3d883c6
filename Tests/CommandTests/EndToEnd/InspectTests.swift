import Foundation
import TestSupport
import Testing

@Suite("lorad inspect", .ownThreads, .timeLimit(.minutes(10)))
struct InspectTests {
    private struct Report: Decodable {
        struct Entry: Decodable {
            var path: String
            var shapes: [String: [Int]]
            var rank: Int?
        }
        var type: String
        var parameters: Int
        var trainable: Int?
        var entries: [Entry]
    }

    private func report(_ arguments: String...) async throws -> Report {
        let outcome = try await LoradProcess(["inspect", "--json"] + arguments, in: TinyLlava.repository).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    @Test("lists a model's modules, and marks what a selection hits")
    func model() async throws {
        let report = try await report(TinyLlava.model, "--target", "q_proj", "--target", "v_proj", "--rank", "2")
        #expect(report.type == "llava")
        let expected = try TinyLlava.expected()
        #expect(report.parameters == expected.allParameters - expected.trainableParameters)
        let query = report.entries.first { $0.path.hasSuffix("language_model.layers.0.self_attn.q_proj") }
        #expect(query?.shapes["weight"] == [32, 32])
        #expect(query?.rank == 2)
        #expect(report.entries.first { $0.path == "lm_head" }?.rank == nil)
        // The decoder's 32→32 and 32→16 in two layers, the tower's 16→16 in three.
        #expect(report.trainable == 2 * (2 * (64 + 48) + 3 * (32 + 32)))
    }

    @Test("lists an adapter's tensors")
    func adapter() async throws {
        let report = try await report(TinyLlava.adapter)
        #expect(report.type == "LORA")
        #expect(report.trainable == (try TinyLlava.expected().trainableParameters))
        #expect(report.entries.count { $0.rank == 4 } == 14)
    }

    @Test("writes a line for each module, and a summary", arguments: [TinyLlava.model, TinyLlava.adapter])
    func text(folder: String) async throws {
        let outcome = try await lorad("inspect", folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("multi_modal_projector.linear_1"))
        #expect(outcome.output.contains(" parameters, "))
    }
}
