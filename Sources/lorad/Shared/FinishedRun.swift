import Federation
import Foundation

/// A finished run that still answers over HTTP.
///
/// A supervisor such as a Kubernetes StatefulSet restarts whatever ends, and would start the coordinator of a finished run
/// forever.
struct FinishedRun {
    private let history: RunHistory
    private let digest: RunDigest
    private let tokens: AccessTokenFile

    /// Finds the run of a configuration in the store.
    ///
    /// `nil` if the run has not finished, or began with another configuration: `CoordinatorRun` continues the one and
    /// refuses the other.
    ///
    /// - Throws: `FederationError` if the store cannot be read.
    init?(_ configuration: RunConfiguration, in state: StateFolder) throws {
        guard let history = try Self.history(of: configuration.run, in: state) else { return nil }
        let run = try history.run()
        guard run.state == .finished, try run.configuration == RunFile.text(of: configuration) else { return nil }
        self.history = history
        digest = try RunDigest(history, process: nil)
        tokens = AccessTokenFile(state)
    }

    private static func history(of run: String, in state: StateFolder) throws -> RunHistory? {
        do {
            return try RunCatalog(folder: state.runs.path).history(of: run)
        } catch let error as FederationError where error.code == .notFound {
            return nil
        }
    }

    /// Serves metrics and the run's page until a signal asks to stop.
    ///
    /// - Throws: `CommandError` if an address cannot be used, `FederationError` if the store cannot be read.
    func serve(_ access: CoordinatorRun.Access, _ display: ProgressDisplay) throws {
        let journal = try access.dashboard.map { _ in
            try RunJournal(history, done: digest.done, minimumWorkers: 0)
        }
        let (snapshot, finished, notice) = (self.snapshot, digest, Self.notice(digest.run.name))
        let services = try RunServices(
            metrics: access.metrics, dashboard: access.dashboard, journal: journal,
            gate: AccessGate(tokens, rule: access.tokenRule), actions: nil, digest: { finished },
            joinLine: { notice }
        ) { snapshot }
        defer { services.stop(.finished) }
        StopSignal.savesFirst()
        display.say(notice)
        StopSignal.wait()
    }

    /// The message of a coordinator that stays after the end.
    static func notice(_ run: String) -> String {
        "run \(run) is finished; serving continues until SIGTERM or Ctrl-C (--keep-serving)"
    }

    private var snapshot: RunSnapshot {
        var status = RunStatus(
            run: digest.run.name, unit: digest.unit, rounds: digest.plannedRounds ?? digest.done, done: digest.done,
            isWithheld: digest.isWithheld)
        status.take(.finished, at: .zero)
        return RunSnapshot(status: status)
    }
}
