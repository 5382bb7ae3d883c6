import Foundation
import Synchronization

/// Watches for what ends a worker's work before the run is over: a signal, or the end of its hours.
final class StopWatch: Sendable {
    private let isOver = Atomic(false)
    private let hasHoursEnded = Atomic(false)

    /// Whether it has stopped the work because its hours ended.
    var isOutOfHours: Bool { hasHoursEnded.load(ordering: .acquiring) }

    /// Seconds that a worker takes to leave after a signal, at most: it has nothing to save, and its task goes to another.
    static let secondsToLeave = 5.0

    /// Watches on a thread of its own until `finish`.
    ///
    /// - Parameters:
    ///   - isAllowed: whether work may continue, asked ten times a second.
    ///   - stop: called once, if it may not.
    ///   - leave: called where the work still continues `secondsToLeave` after a signal, as in a long computation.
    func start(
        while isAllowed: @escaping @Sendable () -> Bool, stop: @escaping @Sendable () -> Void,
        leave: @escaping @Sendable () -> Void
    ) {
        let watch = Thread { [self] in
            guard wait(while: { !StopSignal.isReceived && isAllowed() }) else { return }
            hasHoursEnded.store(!StopSignal.isReceived, ordering: .releasing)
            stop()
            guard wait(while: { !StopSignal.isReceived }) else { return }
            let end = ContinuousClock.now + .seconds(Self.secondsToLeave)
            if wait(while: { ContinuousClock.now < end }) { leave() }
        }
        watch.start()
    }

    /// - Returns: whether the work continues still.
    private func wait(while isWaiting: () -> Bool) -> Bool {
        while isWaiting() {
            if isOver.load(ordering: .acquiring) { return false }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return !isOver.load(ordering: .acquiring)
    }

    /// Ends the watch.
    func finish() { isOver.store(true, ordering: .releasing) }
}
