import Federation
import Foundation
import Models
import Synchronization
import Transports

/// Tells people and programs what happens in a shared run, and the store what is worth keeping of it.
final class RunLog: Sendable {
    private struct State {
        var status: RunStatus
        var tally = RoundTally()
        var names: [WorkerID: String] = [:]
        /// Figures of the last round.
        var figures = RoundFigures()
        var traffic: Traffic?
    }

    private let store: RunStore
    private let admission: Admission
    private let display: ProgressDisplay
    private let loggingSteps: Int
    private let journal: RunJournal?
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    /// Creates a log.
    ///
    /// - Parameters:
    ///   - status: the run as it is now.
    ///   - admission: knows the workers' keys.
    ///   - loggingSteps: log a plain line every this many steps.
    ///   - journal: is told what the run's page shows, if there is one.
    init(
        _ store: RunStore, _ status: RunStatus, admission: Admission, display: ProgressDisplay, loggingSteps: Int,
        journal: RunJournal?
    ) {
        self.store = store
        self.admission = admission
        self.display = display
        self.loggingSteps = loggingSteps
        self.journal = journal
        state = Mutex(State(status: status))
    }

    /// The run as it is now.
    var status: RunStatus { state.withLock { $0.status } }

    /// Counts what this server sends and receives.
    func count(_ traffic: Traffic) { state.withLock { $0.traffic = traffic } }

    /// A worker was not admitted.
    func refused(_ reason: String) {
        let announcement = Announcement(
            "turned_away", "a worker was not admitted: \(reason.onOneLine)", [("reason", .string(reason))])
        display.announce(announcement)
        keep(announcement)
    }

    /// Something happened.
    func happened(_ event: CoordinatorEvent) {
        if case .joined(let member) = event { record(member) }
        if case .barred(let member, let reason) = event { bar(member, reason) }
        let wording = state.withLock { state in
            if case .joined(let member) = event { state.names[member.id] = member.name }
            state.status.take(event, at: now)
            state.tally.take(event, at: now)
            return EventWording(
                status: state.status, names: state.names, figures: state.figures, loggingSteps: loggingSteps)
        }
        let announcement = wording.announcement(of: event)
        display.announce(announcement)
        if event.isIncident { keep(announcement) }
    }

    /// The run ends with an error: the reason is kept, unless an event has told it.
    func fail(_ reason: String) {
        guard status.phase != .failed else { return }
        happened(.failed(reason: reason))
    }

    /// The figures of a round, for the store; called before the round's own event.
    func close(_ report: RoundReport) -> RoundFigures {
        let figures = state.withLock { state in
            let figures = state.tally.close(
                report, rounds: state.status.rounds, traffic: state.traffic?.counts, at: now)
            state.figures = state.status.isWithheld ? figures.withheld : figures
            return state.figures
        }
        journal?.add(figures, round: report.round + 1, at: Date())
        return figures
    }

    /// The most characters of an incident that are kept: reasons are a peer's.
    private static let incidentLength = 500

    private func keep(_ announcement: Announcement) {
        guard let text = announcement.text?.prefix(Self.incidentLength) else { return }
        let incident = IncidentRecord(kind: announcement.event, time: Date(), text: String(text))
        journal?.add(incident)
        try? store.record(incident)  // it was told already, and is no reason to end the run
    }

    private var now: Duration { ContinuousClock.now - start }

    /// Leaves a worker out for whoever coordinates the run next.
    private func bar(_ member: Member, _ reason: String) {
        let exclusion = ExclusionRecord(
            fingerprint: member.id.description, signingKey: member.signingKey, reason: reason, time: Date())
        do {
            try store.record(exclusion)
        } catch {
            display.say("the exclusion of \(member.name.onOneLine) could not be recorded: \(error)")
        }
    }

    private func record(_ member: Member) {
        let machine: JSONValue = .object(
            [
                .init("lanes", .int(member.lanes)), .init("arithmetic", .string(member.arithmetic)),
            ] + WorkerRecord.member(ofSigningKey: member.signingKey))
        let worker = WorkerRecord(
            fingerprint: member.id.description, name: member.name,
            publicKey: admission.publicKey(of: member.id)?.bytes ?? Data(), machine: machine.text(), seen: Date())
        do {
            try store.record(worker)
        } catch {
            display.say("\(member.name.onOneLine) could not be recorded: \(error)")
        }
    }
}

extension CoordinatorEvent {
    /// Whether something went wrong, or nearly.
    fileprivate var isIncident: Bool {
        switch self {
        case .fellSilent, .excluded, .barred, .leftOut, .distrusted, .outOfRange, .refused, .taskFailed, .closedEarly,
            .waitingBeyondDeadline, .roundLost, .roundGivenUp, .failed, .endedEarly:
            true
        case .stalled(let shortage): !shortage.isRepeated
        case .joined, .left, .roundOpened, .counted, .late, .committed, .finished, .paused, .resumed, .deadlineExtended:
            false
        }
    }
}
