import Federation
import Foundation
import Synchronization
import Transports

/// Looks after a run beside its rounds, on a thread of its own: redraws the table, publishes what the metrics show, notes
/// which workers are there, carries out revocations, and answers commands.
final class RunMonitor: Sendable {
    private let server: CoordinatorServer
    private let log: RunLog
    private let store: RunStore
    private let revocations: Revocations
    private let display: ProgressDisplay
    /// Called once a second.
    private let answerCommands = Mutex<(@Sendable () -> Void)?>(nil)
    private let published: Mutex<RunSnapshot>
    private let heard = Mutex<[WorkerID: Duration]>([:])
    private let isStopped = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    /// How often the table is redrawn, in seconds.
    private static let interval = 0.25
    /// Redraws between two looks into the store.
    private static let storeInterval = 4

    init(
        _ server: CoordinatorServer, _ log: RunLog, _ store: RunStore, _ revocations: Revocations,
        _ display: ProgressDisplay
    ) {
        self.server = server
        self.log = log
        self.store = store
        self.revocations = revocations
        self.display = display
        published = Mutex(RunSnapshot(status: log.status))
    }

    /// The run as it was a moment ago; reading it waits for nothing.
    var snapshot: RunSnapshot { published.withLock { $0 } }

    /// Sets what is called once a second.
    func onceASecond(_ action: @escaping @Sendable () -> Void) { answerCommands.withLock { $0 = action } }

    /// Looks while `body` runs, and a last time when it is done.
    func during<Result>(_ body: () throws -> Result) rethrows -> Result {
        display.takeOver()
        start()
        defer { stop() }
        return try body()
    }

    private func start() {
        let thread = Thread { [self] in
            var turn = 0
            while !isStopped.load(ordering: .acquiring) {
                look(alsoIntoStore: turn % Self.storeInterval == 0)
                turn += 1
                Thread.sleep(forTimeInterval: Self.interval)
            }
            look(alsoIntoStore: true)
            ended.signal()
        }
        thread.name = "monitor"
        thread.start()
    }

    private func stop() {
        isStopped.store(true, ordering: .releasing)
        ended.wait()
        display.finish()
    }

    private func look(alsoIntoStore: Bool) {
        let members = server.members
        let snapshot = RunSnapshot(log.status, members, server.traffic.counts)
        published.withLock { $0 = snapshot }
        display.draw(RunTable(snapshot: snapshot).lines(display.style))
        guard alsoIntoStore else { return }
        answerCommands.withLock { $0 }?()
        // A store that is busy now is looked into again in a second.
        for worker in (try? revocations.apply()) ?? [] { server.exclude(worker, reason: "its key was revoked") }
        try? noteHeard(members)
    }

    private func noteHeard(_ members: [Member]) throws {
        let new = heard.withLock { heard in members.filter { heard[$0.id] != $0.lastHeard } }
        guard !new.isEmpty else { return }
        try store.sawWorkers(new.map(\.id.description), at: Date())
        heard.withLock { heard in for member in new { heard[member.id] = member.lastHeard } }
    }
}
