import Foundation
import TestSupport
import Testing

@Suite("A shared run is reached", .ownThreads, .timeLimit(.minutes(10)))
struct EndpointTests {
    private static let hasIPv6 = FileManager.default.fileExists(atPath: "/proc/net/if_inet6")
    private static let endpoints =
        ["tcp://localhost:0", "ws://127.0.0.1:0", "ipc"] + (hasIPv6 ? ["tcp://[::1]:0"] : [])

    @Test("by name, IPv6, WebSocket and socket file, with the same result", arguments: endpoints)
    func reached(endpoint: String) async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator(endpoint == "ipc" ? "ipc://\(run.path)/socket" : endpoint)
        let line = try await coordinator.joinLine()
        #expect(line.hasPrefix(endpoint.prefix(3)))
        let worker = try run.worker(line, "worker")
        try await run.expectEnd(coordinator)
        try await worker.expectSuccess()
    }

    @Test("without encryption where both ends ask for it, and not where one does")
    func insecure() async throws {
        let run = try SharedRun("federation.min_workers=2")
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--insecure")
        let line = try await coordinator.joinLine()
        #expect(line.contains("?insecure=1&token="))
        #expect(coordinator.errors.contains("nothing is encrypted"))
        let other = try SharedRun()
        let encrypting = try other.coordinator()
        let key = try #require(try await encrypting.joinLine().firstMatch(of: /key=[^&]+/)).output
        try await encrypting.end(by: SIGKILL)
        let pinning = try run.worker(line.replacing("insecure=1", with: key), "pinning")
        try await pinning.expectFailure("the coordinator runs without encryption", "neither gives way")
        let workers = [try run.worker(line, "first"), try run.worker(line, "second")]
        try await run.expectEnd(coordinator)
        for worker in workers {
            let outcome = try await worker.outcome()
            #expect(outcome.status == 0 && outcome.errors.contains("nothing is encrypted"), "\(outcome.errors)")
        }
    }
}
