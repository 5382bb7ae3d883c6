import Foundation

/// A coordinator and its workers, each a process of this program.
final class DemoFederation {
    private let folder: DemoFolder
    private let run: String
    private let coordinator: ChildProcess
    private let line: String
    private var workers: [ChildProcess] = []

    /// What the coordinator tells of an event that matters here.
    private struct Event: Decodable {
        var event: String
        var join: String?
        var round: Int?
        var contributions: Int?
        var reason: String?
    }

    /// Starts the coordinator of a run whose file is written, and its workers.
    init(_ folder: DemoFolder, run: String) throws {
        (self.folder, self.run) = (folder, run)
        coordinator = try ChildProcess(
            [
                "coordinator", "--config", folder.runFile(run).path, "--listen", "tcp://127.0.0.1:0", "--state",
                folder.state.appending(path: run).path, "--token-uses", "\(folder.settings.workers)", "--json",
            ], log: folder.log("\(run)-coordinator"))
        var line: String?
        while line == nil { line = try Self.event(coordinator.line()).join }
        self.line = line ?? ""
        for worker in 1...folder.settings.workers { workers.append(try start(worker)) }
    }

    private func start(_ worker: Int) throws -> ChildProcess {
        try ChildProcess(
            [
                "worker", "--join", line, "--state", folder.state.appending(path: run).path, "--name", "site-\(worker)",
                "--lanes", "1", "--model", folder.base.path, "--data", folder.part(worker).path, "--images",
                folder.data.path,
            ], log: folder.log("\(run)-site-\(worker)"))
    }

    /// Follows the run to its end.
    ///
    /// - Parameters:
    ///   - victim: the worker that is killed in the middle of the run, and started again; `nil` for none.
    ///   - say: called with progress messages.
    /// - Returns: the fewest contributions that a round had.
    /// - Throws: `CommandError` if a process does not end as it should.
    func follow(killing victim: Int?, say: (String) -> Void) throws -> Int {
        let middle = folder.settings.rounds / 2
        var fewest = folder.settings.workers
        while let text = coordinator.nextLine() {
            let event = try Self.event(text)
            guard event.event == "round_committed", let round = event.round else { continue }
            fewest = min(fewest, event.contributions ?? 0)
            if round == middle, let victim { try replace(victim, say: say) }
        }
        try coordinator.wait()
        for worker in workers { try worker.wait() }
        return fewest
    }

    private func replace(_ victim: Int, say: (String) -> Void) throws {
        // Long enough for it to be at work on the round that has begun.
        Thread.sleep(forTimeInterval: 0.1)
        workers[victim - 1].kill()
        say(
            "killed site-\(victim) in round \(folder.settings.rounds / 2 + 1) of \(folder.settings.rounds); it will "
                + "restart"
        )
        workers[victim - 1] = try start(victim)
    }

    private static func event(_ line: String) throws -> Event {
        try JSONDecoder().decode(Event.self, from: Data(line.utf8))
    }
}
