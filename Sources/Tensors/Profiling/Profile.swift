import Dispatch
import Synchronization

/// A profile of this process: the operations of each thread, recorded while profiling is on.
public enum Profile {
    private static let flag = Atomic(false)

    static var isOn: Bool { flag.load(ordering: .relaxed) }
    static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Begins again.
    ///
    /// Precondition, here and in `end`: no thread computes meanwhile.
    public static func begin() {
        ThreadProfile.clear()
        flag.store(true, ordering: .sequentiallyConsistent)
    }

    /// Ends profiling and returns the events of each thread, in the order in which they ended.
    public static func end() -> [[ProfileEvent]] {
        flag.store(false, ordering: .sequentiallyConsistent)
        return ThreadProfile.all
    }
}

/// What one thread has done. Written by that thread alone; read while no thread computes.
final class ThreadProfile: @unchecked Sendable {
    private static let local = ThreadLocal { ThreadProfile() }
    private static let registry = Mutex<[ThreadProfile]>([])

    var events: [ProfileEvent] = []
    /// Floating-point operations of this thread's matrix products so far.
    var operations = 0.0

    private init() { Self.registry.withLock { $0.append(self) } }

    /// The calling thread's.
    static var current: ThreadProfile { local.value }

    static var all: [[ProfileEvent]] { registry.withLock { $0.map(\.events) }.filter { !$0.isEmpty } }

    static func clear() {
        registry.withLock { threads in
            for thread in threads { thread.events.removeAll() }
        }
    }
}
