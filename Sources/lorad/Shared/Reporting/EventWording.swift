import Federation
import Foundation
import Models
import Transports

/// Puts a coordinator's events into words for people and JSON for programs.
struct EventWording: Sendable {
    /// The run after the event.
    let status: RunStatus
    /// What workers are called.
    let names: [WorkerID: String]
    /// Figures of the last round.
    var figures = RoundFigures()
    /// Log every this many steps.
    var loggingSteps = 1

    /// What to tell about an event.
    func announcement(of event: CoordinatorEvent) -> Announcement {
        switch event {
        case .joined(let member): joined(member)
        case .fellSilent(let member, let task):
            Announcement(
                "silent", "\(name(member)) is silent" + (task == nil ? "" : ": its task goes to another worker"),
                worker(member.id) + (task.map(self.task) ?? []))
        case .left(let member, let reason): gone("left", member, "has left", reason)
        case .excluded(let member, let reason): gone("excluded", member, "is excluded", reason)
        case .barred(let member, let reason): gone("barred", member, "is excluded from the rest of the run", reason)
        case .leftOut(let member, let rounds): leftOut(member, rounds)
        case .distrusted(let member, let round, let reason):
            gone("distrusted", member, "is excluded from the exchanges from \(text(round)) on", reason)
        case .outOfRange(let round, let numbers): outOfRange(round, numbers)
        case .roundOpened(let round, let tasks):
            Announcement("round_opened", nil, [number(round), ("tasks", .int(tasks))])
        case .counted(let key, let id, let metrics):
            result(.counted, key, id, nil, figures: status.isWithheld ? nil : metrics)
        case .late(let key, let id): result(.late, key, id, nil)
        case .refused(let key, let id, let reason): result(.refused, key, id, "is refused", reason: reason)
        case .taskFailed(let key, let id, let reason): result(.failed, key, id, "could not be computed", reason: reason)
        case .closedEarly(let round, let results, let tasks):
            Announcement(
                "closed_early", "\(text(round)) closes with \(results) of \(tasks) results",
                [number(round), ("results", .int(results)), ("tasks", .int(tasks))])
        case .waitingBeyondDeadline(let round, let results, let needed):
            Announcement(
                "waiting",
                "\(text(round)): \(results) of the \(needed) required results are in at the deadline; waiting for more",
                [number(round), ("results", .int(results)), ("needed", .int(needed))])
        case .stalled(let shortage): StallWording(shortage, unit: status.unit).announcement
        case .roundLost(let round, let reason):
            Announcement(
                "round_lost", "\(text(round)) starts again: \(reason.onOneLine)",
                [number(round), ("reason", .string(reason))])
        case .roundGivenUp(let round, let reason):
            Announcement(
                "round_given_up",
                "\(text(round)) is abandoned, and the run continues with the next: \(reason.onOneLine)",
                [number(round), ("reason", .string(reason))])
        case .paused:
            Announcement("paused", "the run is paused: no \(status.unit.rawValue) starts until it is resumed", [])
        case .resumed: Announcement("resumed", "the run continues", [])
        case .deadlineExtended(let round, let time):
            Announcement(
                "deadline_extended", "\(text(round)): its deadline is \(Int(time / .seconds(1))) s later",
                [number(round), ("seconds", .double(time / .seconds(1)))])
        case .committed(let report): committed(report)
        case .endedEarly(let rounds, let reason):
            Announcement(
                "ended_early",
                "the run ends after \(status.unit.text(rounds)) of \(status.rounds): \(reason.onOneLine)",
                [(status.unit.rawValue + "s", .int(rounds)), ("reason", .string(reason))])
        case .finished: Announcement("finished", nil, [(status.unit.rawValue + "s", .int(status.done))])
        case .failed(let reason):
            Announcement("failed", "the run cannot continue: \(reason.onOneLine)", [("reason", .string(reason))])
        }
    }

    private func joined(_ member: Member) -> Announcement {
        Announcement(
            "joined", "\(name(member)) has joined (\(member.lanes) lanes, \(member.arithmetic.onOneLine))",
            worker(member.id) + [("lanes", .int(member.lanes)), ("arithmetic", .string(member.arithmetic))])
    }

    private func gone(_ event: String, _ member: Member, _ verb: String, _ reason: String) -> Announcement {
        Announcement(
            event, "\(name(member)) \(verb): \(reason.onOneLine)", worker(member.id) + [("reason", .string(reason))])
    }

    private func leftOut(_ member: Member, _ rounds: Int) -> Announcement {
        let ahead = rounds == 1 ? "the next round continues" : "the next \(rounds) rounds continue"
        return Announcement(
            "left_out", "\(name(member)) did not answer in the exchange: \(ahead) without it",
            worker(member.id) + [("rounds", .int(rounds))])
    }

    private func outOfRange(_ round: Int, _ numbers: Int) -> Announcement {
        Announcement(
            "out_of_range",
            "\(text(round)): \(numbers) values of the masked sum exceed what honest workers can have sent, and were "
                + "clipped: a worker is lying, and the masks hide which. Compare the validation loss with the "
                + "previous round's",
            [number(round), ("numbers", .int(numbers))])
    }

    private func result(
        _ outcome: RunStatus.Outcome, _ key: TaskKey, _ id: WorkerID, _ verb: String?, reason: String? = nil,
        figures: ContributionMetrics? = nil
    ) -> Announcement {
        let told = verb.map { verb in
            "\(text(key.round)): the result of \(self.names[id]?.onOneLine ?? id.description) \(verb)"
                + (reason.map { ": \($0.onOneLine)" } ?? "")
        }
        let fields: [(String, JSONValue?)] = [
            ("outcome", .string(outcome.rawValue)), ("reason", reason.map(JSONValue.string)),
            ("tokens", figures.map { JSONValue.int($0.tokens) }),
            ("examples", figures.map { JSONValue.int($0.examples) }),
            ("seconds", figures.map { JSONValue.double($0.seconds) }),
        ]
        return Announcement("result", told, task(key) + worker(id) + fields)
    }

    private func committed(_ report: RoundReport) -> Announcement {
        let done = report.round + 1
        let isLogged = status.unit == .round || done % loggingSteps == 0 || done == status.rounds
        let members = figures.json.objectValue ?? []
        return Announcement(
            "\(status.unit.rawValue)_committed", isLogged ? line(report) : nil, isProgress: true,
            [number(report.round)] + members.filter { $0.key != "workers" }.map { ($0.key, $0.value) })
    }

    private func line(_ report: RoundReport) -> String {
        [
            status.unit.text(report.round + 1, of: status.rounds), report.loss.map { String(format: "loss %.4f", $0) },
            report.values["epsilon"].map { String(format: "epsilon %.4g", $0) },
            "\(report.contributions) result\(report.contributions == 1 ? "" : "s")",
            status.pace.tokensPerSecond.map { String(format: "%.0f tokens/s", $0) },
            status.isWithheld ? nil : "\(figures.bytesIn.bytesText) in · \(figures.bytesOut.bytesText) out",
            status.remaining.map { "\(ProgressText.duration($0)) left" },
        ].compactMap(\.self).joined(separator: " · ")
    }

    // MARK: Parts

    private func name(_ member: Member) -> String { member.name.onOneLine }

    private func text(_ round: Int) -> String { status.unit.text(round + 1) }

    /// Rounds are counted from 1 where people and programs read.
    private func number(_ round: Int) -> (String, JSONValue?) { (status.unit.rawValue, .int(round + 1)) }

    private func task(_ key: TaskKey) -> [(String, JSONValue?)] {
        [number(key.round), ("task", .string(String(key.id)))]
    }

    private func worker(_ id: WorkerID) -> [(String, JSONValue?)] {
        [("worker", .string(id.description)), ("name", names[id].map { .string($0) })]
    }
}
