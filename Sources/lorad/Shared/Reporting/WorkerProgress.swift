import Federation
import Foundation
import Models

/// How a worker's work goes: what its events come to.
struct WorkerProgress: Equatable, Sendable {
    private struct Result: Equatable, Sendable {
        let metrics: ContributionMetrics
        let updateBytes: Int
    }

    let unit: RunUnit
    /// Log every this many steps.
    let loggingSteps: Int
    private var task: TaskKey?
    private var share = 0.0
    private var result: Result?
    private var counted = 0
    private var sent = 0
    private var tokensPerSecond: Double?

    init(unit: RunUnit, loggingSteps: Int) {
        self.unit = unit
        self.loggingSteps = unit == .step ? loggingSteps : 1
    }

    /// Records an event.
    ///
    /// - Returns: what there is to tell about it.
    mutating func take(_ event: WorkerEvent) -> Announcement? {
        switch event {
        case .began(let key):
            (task, share, result) = (key, 0, nil)
            return Announcement("task_began", nil, fields(key))
        case .progressed(let share):
            self.share = share
            return nil
        case .performed(_, let metrics, let bytes):
            (share, result) = (1, Result(metrics: metrics, updateBytes: bytes))
            if metrics.seconds > 0 { tokensPerSecond = Double(metrics.tokens) / metrics.seconds }
            return nil
        case .exchanging(let key, let stage):
            return Announcement("exchanging", nil, fields(key) + [("stage", .string("\(stage)"))])
        case .ended(let key, let outcome, let reason): return end(key, outcome, reason)
        }
    }

    private mutating func end(_ key: TaskKey, _ outcome: WorkerEvent.Outcome, _ reason: String) -> Announcement {
        defer { (task, result) = (nil, nil) }
        if outcome == .counted { counted += 1 }
        if outcome != .failed { sent = sent.addingClamped(result?.updateBytes ?? 0) }
        let isLogged = outcome != .counted || (key.round + 1) % loggingSteps == 0
        let metrics = result?.metrics
        let figures: [(String, JSONValue?)] = [
            ("outcome", .string(outcome.rawValue)), ("reason", reason.isEmpty ? nil : .string(reason)),
            ("examples", metrics.map { JSONValue.int($0.examples) }),
            ("tokens", metrics.map { JSONValue.int($0.tokens) }),
            ("seconds", metrics.map { JSONValue.double($0.seconds) }),
            ("update_bytes", result.map { JSONValue.int($0.updateBytes) }),
        ]
        return Announcement(
            "task_ended", isLogged ? text(key, outcome, reason) : nil, isProgress: outcome == .counted,
            fields(key) + figures)
    }

    private func text(_ key: TaskKey, _ outcome: WorkerEvent.Outcome, _ reason: String) -> String {
        let done = result.map { result in
            let metrics = result.metrics
            return "\(metrics.examples) examples, \(metrics.tokens) tokens in "
                + String(format: "%.2f s", metrics.seconds) + ", \(result.updateBytes.bytesText) sent"
        }
        let end = outcome.rawValue + (reason.isEmpty ? "" : ": \(reason.onOneLine)")
        return [unit.text(key.round + 1), done, end].compactMap(\.self).joined(separator: " · ")
    }

    private func fields(_ key: TaskKey) -> [(String, JSONValue?)] {
        [(unit.rawValue, .int(key.round + 1)), ("task", .string(String(key.id)))]
    }

    /// A bar over the task at hand, and the figures so far.
    var bar: ProgressBar {
        let figures: [String?] = [
            task.map { unit.text($0.round + 1) } ?? "waiting for work",
            task.map { _ in "\(Int(min(1, max(0, share)) * 100))%" },
            "\(counted) counted", tokensPerSecond.map { String(format: "%.0f tokens/s", $0) }, "\(sent.bytesText) sent",
        ]
        return ProgressBar(share: task == nil ? 0 : share, text: figures.compactMap(\.self).joined(separator: " · "))
    }
}
