import Federation
import Foundation
import Transports

extension CoordinatorRun {
    /// What people may ask of the run while this coordinator serves it. A run that was paused before stays so.
    ///
    /// - Throws: `CommandError` if it cannot be told whether the run is paused.
    func control(
        of server: CoordinatorServer, _ journal: ActionJournal, _ line: @escaping @Sendable () -> JoinLine
    ) throws -> RunControl {
        server.setPaused(try ControlState.read(in: folder).isPaused)
        let run = opened.configuration.run
        return RunControl(
            run: run, folder: folder, journal: journal,
            means: .init(
                setPaused: { server.setPaused($0) },
                revoke: { [store] in try Self.revoke($0, in: store) },
                stop: {
                    Thread.detachNewThread {
                        Thread.sleep(forTimeInterval: Self.answering)
                        server.stop()
                    }
                },
                extend: { try server.extendDeadline(by: $0) },
                joinLine: { [admission, usual = usualUses] uses, hours, issuer in
                    let uses = uses ?? usual
                    let (token, expires) = try admission.addToken(
                        uses: uses, lifetime: hours.map { $0 * 3_600 }, issuer: issuer)
                    let (address, coordinator) = (line().address, line().coordinator)
                    let text = JoinLine(address: address, coordinator: coordinator, token: token).text
                    let workers = uses.map { $0 == 1 ? "one new worker" : "\($0) new workers" } ?? "new workers"
                    return ActionReport(
                        text: "this line admits \(workers) to run \(run) before \(expires.ISO8601Format())",
                        joinLine: text)
                }))
    }

    /// Reads what the store tells of the run.
    var digests: @Sendable () throws -> RunDigest {
        { [history = store.history, folder] in
            var digest = try RunDigest(history, process: getpid())
            digest.isPaused = try ControlState.read(in: folder).isPaused
            return digest
        }
    }

    /// Seconds in which the answer to a request to stop gets out.
    private static var answering: Double { 0.5 }

    /// New workers that a token admits unless somebody asks for more: one where every worker is a party of its own.
    private var usualUses: Int? { federation.mode == .federated ? 1 : access.tokenUses }

    private static func revoke(_ text: String, in store: RunStore) throws -> String {
        let (run, workers) = (try store.history.run(), try store.history.workers())
        let record = try WorkerChoice(run: run.name, workers: workers).worker(text)
        let title = "\(record.name.onOneLine) (\(record.fingerprint))"
        if record.isRevoked { return "\(title) is already revoked" }
        try store.revokeWorker(record.fingerprint)
        return "\(title) is revoked: the coordinator will disconnect it within seconds"
    }

    /// Says how to look where that takes a token and there is none.
    func remind(_ display: ProgressDisplay) throws {
        let closed = [access.metrics, access.dashboard].compactMap(\.self).filter { access.tokenRule.applies(at: $0) }
        guard let address = closed.first, !(try tokens.tokens().records.contains { $0.isValid(at: Date()) }) else {
            return
        }
        display.say(
            "\(address) requires an access token, and none exists yet: create one with lorad runs token --role look "
                + "--name NAME, or give --require-token never to let anybody view it"
        )
    }
}
