import Foundation

/// What a thread waits on until there is something to do.
final class WakeUp: @unchecked Sendable {  // the flag is touched with the condition locked
    private let condition = NSCondition()
    private var isSignalled = false

    /// Ends the wait that is under way, or the next one.
    func signal() {
        condition.withLock {
            isSignalled = true
            condition.signal()
        }
    }

    /// Waits for a signal, or for a time.
    func wait(for time: Duration) {
        condition.withLock {
            if !isSignalled { _ = condition.wait(until: Date(timeIntervalSinceNow: time / .seconds(1))) }
            isSignalled = false
        }
    }
}
