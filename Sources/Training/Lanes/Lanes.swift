import Foundation
import Synchronization

/// Threads that each compute whole micro-batches by themselves: single-threaded products run at full speed, and with a
/// frozen base nothing but the adapter is shared.
///
/// The threads live as long as this object, so that what oneDNN compiled for a thread stays.
public final class Lanes: Sendable {
    private final class Job: Sendable {
        let count: Int
        let body: @Sendable (Int) throws -> Void
        let next = Atomic<Int>(0)
        let failure = Mutex<(any Error)?>(nil)

        init(count: Int, body: @escaping @Sendable (Int) throws -> Void) {
            self.count = count
            self.body = body
        }

        /// Takes indices until none is left or one has failed.
        func work() {
            while failure.withLock({ $0 == nil }) {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                do {
                    try body(index)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
    }

    private struct State {
        var job: Job?
        var generation = 0
        var working = 0
        var isClosed = false
    }

    /// The state and what its changes are announced by.
    private final class Board: @unchecked Sendable {  // the state is touched with the condition locked
        let condition = NSCondition()
        var state = State()
    }

    /// Number of threads.
    public let count: Int
    private let board = Board()

    /// Starts `count` threads.
    public init(count: Int) {
        precondition(count > 0, "at least one lane")
        self.count = count
        for index in 0..<count {
            let thread = Thread { [board] in Self.serve(board) }
            thread.name = "lane \(index)"
            thread.stackSize = 16 << 20
            thread.start()
        }
    }

    deinit {
        board.condition.withLock {
            board.state.isClosed = true
            board.condition.broadcast()
        }
    }

    /// Calls `body` for 0..<count, each once, on the lanes; returns when all are done.
    ///
    /// - Throws: the first error of `body`; indices not yet begun are then left out.
    public func forEach(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let job = Job(count: count, body: body)
        board.condition.withLock {
            board.state.job = job
            board.state.generation += 1
            board.state.working = self.count
            board.condition.broadcast()
            while board.state.working > 0 { board.condition.wait() }
            board.state.job = nil
        }
        if let error = job.failure.withLock({ $0 }) { throw error }
    }

    private static func serve(_ board: Board) {
        var seen = 0
        while let job = next(board, after: &seen) {
            job.work()
            board.condition.withLock {
                board.state.working -= 1
                if board.state.working == 0 { board.condition.broadcast() }
            }
        }
    }

    private static func next(_ board: Board, after seen: inout Int) -> Job? {
        board.condition.withLock {
            while board.state.generation == seen, !board.state.isClosed { board.condition.wait() }
            seen = board.state.generation
            return board.state.isClosed ? nil : board.state.job
        }
    }
}
