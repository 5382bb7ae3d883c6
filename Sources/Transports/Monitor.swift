import Foundation

/// A value under a lock, and threads that wait until it is as they need it (a monitor: Hoare 1974).
final class Monitor<Value: Sendable>: @unchecked Sendable {  // the value is touched under the lock only
    private let condition = NSCondition()
    private var value: Value

    init(_ value: Value) { self.value = value }

    /// Reads or changes the value, and lets everyone who waits look at it again.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&value)
    }

    /// Waits until `body` returns something; nil once the deadline has passed.
    func wait<Result>(
        until deadline: ContinuousClock.Instant? = nil, for body: (inout Value) throws -> Result?
    ) rethrows -> Result? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = try body(&value) { return result }
            guard let deadline else {
                condition.wait()
                continue
            }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return nil }
            _ = condition.wait(until: Date(timeIntervalSinceNow: left / .seconds(1)))
        }
    }
}
