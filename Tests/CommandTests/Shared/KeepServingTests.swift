import Foundation
import TestSupport
import Testing

@Suite("A coordinator with --keep-serving", .ownThreads, .timeLimit(.minutes(10)))
struct KeepServingTests {
    @Test("answers for its finished run until a signal, also when it is started again, and then exits with 0")
    func finishedRun() async throws {
        let run = try SharedRun()
        let address = String(try FreePorts.endpoint().dropFirst("tcp://".count))
        let options = ["--metrics", address, "--keep-serving"]
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", options[0], options[1], options[2])
        let worker = try run.worker(try await coordinator.joinLine(), "worker")
        try await worker.expectSuccess()
        try await expectAnswers(coordinator, address)
        #expect(try !run.adapter().isEmpty)
        let again = try run.coordinator("tcp://127.0.0.1:0", options[0], options[1], options[2])
        try await expectAnswers(again, address)
        #expect(!again.errors.contains("--join"), "it waits for workers: \(again.errors)")
        let changed = try run.coordinator(
            "tcp://127.0.0.1:0", options[0], options[1], options[2], "--set", "training.seed=7")
        try await changed.expectFailure("run shared is finished: give --overwrite to start it again")
    }

    /// Expects that a coordinator tells of a finished run at an address, and ends it.
    private func expectAnswers(_ coordinator: LoradProcess, _ address: String) async throws {
        _ = try await coordinator.errors(containing: "run shared is finished; serving continues until")
        let port = try #require(Int(address.drop { $0 != ":" }.dropFirst()))
        let request = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let health = try TestSocket(port: port).ask("GET /healthz \(request)")
        #expect(health.hasPrefix("HTTP/1.1 200"), "\(health)")
        let text = try TestSocket(port: port).ask("GET /metrics \(request)")
        #expect(text.contains("lorad_run_state{state=\"finished\"} 1\n"), "\(text)")
        #expect(text.contains("lorad_round \(SharedRun.steps)\n"), "\(text)")
        #expect(text.contains("lorad_rounds \(SharedRun.steps)\n"), "\(text)")
        let outcome = try await coordinator.end(by: SIGTERM)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
