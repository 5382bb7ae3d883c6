import Federation
import Models

/// Puts into words what a run waits for, and what whoever runs it can do.
struct StallWording {
    private let shortage: Shortage
    private let unit: RunUnit

    /// The most workers that are named; the rest are counted.
    private static let mostNames = 20

    init(_ shortage: Shortage, unit: RunUnit) {
        self.shortage = shortage
        self.unit = unit
    }

    var announcement: Announcement {
        let (found, needed, kind) = counts
        return Announcement(
            "stalled", [what, missing, choices].compactMap(\.self).joined(separator: ". "),
            [
                (unit.rawValue, .int(shortage.round + 1)), (kind, .int(found)), ("needed", .int(needed)),
                ("missing", .array(shortage.missing.map { .string($0.name) })), ("seconds", .double(seconds)),
            ])
    }

    private var counts: (found: Int, needed: Int, kind: String) {
        switch shortage.need {
        case .workers(let there, let needed): (there, needed, "workers")
        case .results(let counted, let needed): (counted, needed, "results")
        }
    }

    private var seconds: Double { shortage.waited / .seconds(1) }

    private var what: String {
        let start = "\(unit.text(shortage.round + 1)) has waited for \(ProgressText.duration(seconds))"
        switch shortage.need {
        case .workers(let there, let needed):
            return "\(start) for workers: \(there) of the \(needed) that it needs are connected"
        case .results where unit == .step: return "\(start) for workers: none is connected"
        case .results(let counted, let needed):
            return
                "\(start) for results: \(counted) of the \(needed) that it needs are in, and no connected worker "
                + "has another to send"
        }
    }

    private var missing: String? {
        guard !shortage.missing.isEmpty else { return nil }
        let named = shortage.missing.prefix(Self.mostNames).map { "\($0.name.onOneLine) (\($0.fate))" }
        let rest = shortage.missing.count - named.count
        return "Missing: " + named.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private var choices: String {
        let stop = "stop the coordinator: finished work is kept, and the same command continues the run"
        guard unit == .round, counts.needed > 1 else { return "Start a worker, or \(stop)" }
        return
            "Wait, or start the missing workers again; or \(stop); or start again with a smaller "
            + "federation.min_workers (under secure aggregation also fewest_workers) and --overwrite"
    }
}

extension Shortage.Missing {
    /// Why it is not there.
    fileprivate var fate: String {
        if let reason { return reason.onOneLine }
        return switch state {
        case nil: "has not come back since the coordinator started"
        case .left: "has left"
        case .excluded: "is excluded"
        case .silent, .idle, .working: "is silent"
        }
    }
}
