import Foundation
import Synchronization

/// Watches for what ends a worker's work before the run is over: a signal, or the end of its hours.
final class StopWatch: Sendable {
    private let isOver = Atomic(false)
    private let hasHoursEnded = Atomic(false)

    /// Whether it has stopped the work because its hours ended.
    var isOutOfHours: Bool { hasHoursEnded.load(ordering: .acquiring) }

    /// Watches on a thread of its own until `finish`.
    ///
    /// - Parameters:
    ///   - isAllowed: whether work may go on, asked ten times a second.
    ///   - stop: called once, if it may not.
    func start(while isAllowed: @escaping @Sendable () -> Bool, stop: @escaping @Sendable () -> Void) {
        let watch = Thread { [self] in
            while !StopSignal.isReceived, isAllowed() {
                if isOver.load(ordering: .acquiring) { return }
                Thread.sleep(forTimeInterval: 0.1)
            }
            hasHoursEnded.store(!StopSignal.isReceived, ordering: .releasing)
            stop()
        }
        watch.start()
    }

    /// Ends the watch.
    func finish() { isOver.store(true, ordering: .releasing) }
}
