import Foundation
import Synchronization

/// Threads that do what is handed to them, so that the threads that receive requests stay free for the next.
///
/// What waits here is bounded by the connections, of which each has one request under way.
final class RequestLane: Sendable {
    private struct State: Sendable {
        var waiting: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)
    private let threads: Int

    /// Starts threads that work until `close`.
    init(threads: Int, name: String) {
        self.threads = threads
        for index in 0..<threads {
            let thread = Thread { [self] in while let work = next() { work() } }
            thread.name = "\(name) \(index)"
            thread.start()
        }
    }

    /// Lets a thread do this, after what came before; nothing happens once it is closed.
    func add(_ work: @escaping @Sendable () -> Void) {
        let isTaken = state.withLock { state in
            if !state.isClosed { state.waiting.append(work) }
            return !state.isClosed
        }
        if isTaken { ready.signal() }
    }

    /// Ends the threads; what waits is not done.
    func close() {
        state.withLock { $0 = State(isClosed: true) }
        for _ in 0..<threads { ready.signal() }
    }

    private func next() -> (@Sendable () -> Void)? {
        while true {
            ready.wait()
            let (work, isClosed) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isClosed)
            }
            if work != nil || isClosed { return work }
        }
    }
}
