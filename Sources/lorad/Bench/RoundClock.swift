import Foundation
import Synchronization

/// When the rounds of a measured run ended, and what the process had used by then.
final class RoundClock: Sendable {
    private struct Mark {
        let time: ContinuousClock.Instant
        let processorSeconds: Double
    }

    private let start = ContinuousClock.now
    private let marks = Mutex<[Mark]>([])

    /// Notes that the first round begins, or that a round has ended.
    func mark() {
        let mark = Mark(time: .now, processorSeconds: ProcessMeasures.processorSeconds)
        marks.withLock { $0.append(mark) }
    }

    /// Seconds until the first round began.
    var gathering: Double { marks.withLock { marks in marks.first.map { ($0.time - start) / .seconds(1) } ?? 0 } }

    /// Seconds of each round.
    var rounds: [Double] {
        marks.withLock { marks in zip(marks, marks.dropFirst()).map { ($1.time - $0.time) / .seconds(1) } }
    }

    /// Processor time of each round but the first, in seconds.
    var processorSeconds: [Double] {
        marks.withLock { marks in
            zip(marks, marks.dropFirst()).map { $1.processorSeconds - $0.processorSeconds }.dropFirst().map(\.self)
        }
    }
}
