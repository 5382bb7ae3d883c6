import Synchronization

/// A value shared by lanes under a lock.
final class Locked<Value>: @unchecked Sendable {  // the value is touched with the mutex held
    private let mutex = Mutex(())
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try mutex.withLock { _ in try body(&value) }
    }
}
