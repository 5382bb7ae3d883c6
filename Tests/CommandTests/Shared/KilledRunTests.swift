import Foundation
import TestSupport
import Testing

@Suite("A federated run whose coordinator and workers are killed", .ownThreads, .timeLimit(.minutes(10)))
struct KilledRunTests {
    private static let sites = 3

    /// Gives each site a third of the rows.
    private func split(_ run: SharedRun) throws {
        let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: TinyLlava.data("train"))))
        let all = try #require(rows as? [Any])
        for site in 0..<Self.sites {
            let part = all.enumerated().filter { $0.offset % Self.sites == site }.map(\.element)
            try JSONSerialization.data(withJSONObject: part).write(to: URL(filePath: "\(run.path)/part-\(site).json"))
        }
    }

    private func worker(_ run: SharedRun, _ line: String, _ site: Int) throws -> LoradProcess {
        try run.worker(
            line, "site-\(site)", "--data", "\(run.path)/part-\(site).json", "--images", TinyLlava.pictures)
    }

    @Test(
        "in round 4 of 8 waits for as many workers as the run file asks for, says whom it misses, and goes on when they are back"
    )
    func powerCut() async throws {
        let run = try SharedRun(
            "federation.mode=federated", "federation.rounds=8", "federation.local_steps=2", "federation.min_workers=3")
        try split(run)
        let endpoint = try FreePorts.endpoint()
        let first = try run.coordinator(endpoint)
        let line = try await first.joinLine()
        let processes = try [first] + (0..<Self.sites).map { try worker(run, line, $0) }
        try await run.reach(4, first)
        for process in processes { process.send(SIGKILL) }
        for process in processes { _ = try await process.outcome() }
        try #require(try run.stepsTaken < 8, "the run ended before it could be killed")

        let again = try run.coordinator(endpoint)
        let line2 = try await again.joinLine()
        #expect(line2 == line)
        var workers = [try worker(run, line, 0)]
        let told = try await again.errors(containing: "1 of the 3 that it needs are connected. Missing: site-1")
        #expect(told.contains("has waited for") && told.contains("site-2 (has not come back"))
        let done = try run.stepsTaken
        #expect(done < 8)
        workers += try (1..<Self.sites).map { try worker(run, line, $0) }
        let outcome = try await again.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let rounds = (first.errors + outcome.errors).split(separator: "\n").filter {
            $0.contains(/round \d\/8 · loss/)
        }
        #expect(rounds.count >= 8 && rounds.allSatisfy { $0.contains(" · 3 results · ") }, "\(rounds)")
        for worker in workers { try await worker.expectSuccess() }
    }
}
