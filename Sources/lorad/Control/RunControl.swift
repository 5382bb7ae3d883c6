import Crypto
import Federation
import Foundation
import Models
import Synchronization
import Transports

/// Does what people ask of a run, and writes down who asked: before it is done, and how it went.
final class RunControl: Sendable {
    /// How actions are carried out; what is `nil` cannot be done without a coordinator that runs.
    struct Means: Sendable {
        var setPaused: @Sendable (Bool) -> Void = { _ in }
        /// Revokes a worker; returns what people are told.
        var revoke: @Sendable (String) throws -> String
        /// Ends the coordinator soon.
        var stop: (@Sendable () -> Void)?
        /// Moves the open round's deadline by a time; returns how long the round may take from now on.
        var extend: (@Sendable (Duration) throws -> Duration)?
        /// Makes a join line of new workers for a number of uses and of hours, by whom.
        var joinLine: (@Sendable (_ uses: Int?, _ hours: Double?, _ issuer: String) throws -> ActionReport)?
    }

    private let run: String
    private let folder: URL
    private let journal: ActionJournal
    private let means: Means
    private let turn = Mutex(())

    /// - Parameters:
    ///   - folder: the run's.
    ///   - journal: where it is written down.
    init(run: String, folder: URL, journal: ActionJournal, means: Means) {
        (self.run, self.folder, self.journal, self.means) = (run, folder, journal, means)
    }

    /// The parameters of an action without the run that they may name, which must be this one.
    ///
    /// - Throws: `CommandError` for another run.
    func parameters(_ json: JSONValue) throws -> JSONValue {
        guard let named = json["run"] else { return json }
        guard named.stringValue == run else {
            throw CommandError("this coordinator serves run \(run), not \(named.stringValue?.onOneLine ?? "another")")
        }
        return .object((json.objectValue ?? []).filter { $0.key != "run" })
    }

    /// Carries an action out, one after the other.
    ///
    /// - Throws: why it cannot be done: also if it cannot be written down.
    func perform(_ action: RunAction, by requester: Requester) throws -> ActionReport {
        try turn.withLock { _ in
            let number = try journal.began(action, by: requester)
            do {
                let report = try carryOut(action, by: requester)
                try journal.ended(action, by: requester, number: number, failure: nil)
                return report
            } catch {
                try? journal.ended(action, by: requester, number: number, failure: "\(error)")
                throw error
            }
        }
    }

    private func carryOut(_ action: RunAction, by requester: Requester) throws -> ActionReport {
        switch action {
        case .pause: return try setPaused(true)
        case .resume: return try setPaused(false)
        case .stop:
            let stop = try needed(means.stop, for: action)
            stop()
            return ActionReport(
                text:
                    "run \(run) will stop after the commit in progress, with its state saved; start its coordinator "
                    + "again to continue the run"
            )
        case .revoke(let worker): return ActionReport(text: try means.revoke(worker))
        case .extend(let seconds):
            let left = try needed(means.extend, for: action)(.seconds(seconds))
            return ActionReport(
                text:
                    "the open round of run \(run) has \(Int(left / .seconds(1))) s left from now; it still needs as "
                    + "many results as before"
            )
        case .joinToken(let uses, let hours):
            return try needed(means.joinLine, for: action)(uses, hours, requester.who)
        }
    }

    private func setPaused(_ isPaused: Bool) throws -> ActionReport {
        var state = try ControlState.read(in: folder)
        let isNew = state.isPaused != isPaused
        state.isPaused = isPaused
        if isNew { try state.write(in: folder) }
        means.setPaused(isPaused)
        let again = isNew ? "" : " already"
        return ActionReport(
            text: isPaused
                ? "run \(run) is paused\(again): a round or step in progress will finish, and no other starts "
                    + "before lorad runs resume \(run)"
                : isNew ? "run \(run) continues" : "run \(run) is not paused")
    }

    private func needed<Way>(_ way: Way?, for action: RunAction) throws -> Way {
        guard let way else {
            throw CommandError("run \(run) has no running coordinator, which \(action.name) needs")
        }
        return way
    }
}
