import Federation
import Foundation
import Models
import Synchronization
import Training

/// Tells people and programs how a worker's work goes.
final class WorkerLog: Sendable {
    private struct State {
        var progress = WorkerProgress(unit: .round, loggingSteps: 1)
        var drawn: ContinuousClock.Instant?
    }

    private let display: ProgressDisplay
    private let state = Mutex(State())

    /// How often the bar is redrawn while a task continues.
    private static let interval = Duration.milliseconds(100)

    init(_ display: ProgressDisplay) { self.display = display }

    /// Begins to work for a run.
    func begin(_ run: String, as name: String, _ configuration: RunConfiguration) {
        let unit = RunUnit(configuration.federation ?? FederationArguments())
        let progress = WorkerProgress(unit: unit, loggingSteps: configuration.training.loggingSteps)
        state.withLock { $0.progress = progress }
        display.announce(
            Announcement(
                "working", "\(name) works for run \(run.onOneLine)", [("run", .string(run)), ("name", .string(name))]))
    }

    /// Something happened.
    func happened(_ event: WorkerEvent) {
        let (announcement, bar) = state.withLock { state in
            let announcement = state.progress.take(event)
            if case .progressed = event, let drawn = state.drawn, .now - drawn < Self.interval {
                return (announcement, ProgressBar?.none)
            }
            state.drawn = .now
            return (announcement, state.progress.bar)
        }
        if let announcement { display.announce(announcement) }
        if let bar { display.draw([bar.line(display.style)]) }
    }

    /// The work is over.
    func end(_ reason: String) {
        display.finish()
        display.announce(Announcement("ended", reason.onOneLine, [("reason", .string(reason))]))
    }
}
