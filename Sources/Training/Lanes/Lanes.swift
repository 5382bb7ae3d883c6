import CKernels
import Foundation
import Synchronization
import Tensors

/// Threads that each compute whole micro-batches: single-threaded products run at full speed, and with a frozen base
/// only the adapter is shared.
///
/// An idle lane helps with the large operations of the others, so all lanes compute a single long example.
///
/// The threads live as long as this object, so code that oneDNN compiled for a thread is kept.
public final class Lanes: Sendable {
    private final class Job: Sendable {
        let count: Int
        let body: @Sendable (Int) throws -> Void
        let next = Atomic<Int>(0)
        /// Indices that are not done.
        let left: Atomic<Int>
        /// What each lane lays open for the others.
        let boards: [PartBoard]
        let failure = Mutex<(any Error)?>(nil)

        init(count: Int, lanes: Int, body: @escaping @Sendable (Int) throws -> Void) {
            self.count = count
            self.body = body
            left = Atomic(count)
            boards = (0..<lanes).map { _ in PartBoard() }
        }

        /// Takes indices until none is left or one has failed, then helps the lanes that still compute.
        func work(lane: Int) {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { break }
                defer { left.subtract(1, ordering: .releasing) }
                guard failure.withLock({ $0 == nil }) else { continue }
                do {
                    try boards.count > 1 ? boards[lane].serving { try body(index) } : body(index)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
            help()
        }

        /// Takes parts of what other lanes compute; sleeps for moments where there are none for a while.
        private func help() {
            var idle = 0
            while left.load(ordering: .acquiring) > 0 {
                if boards.contains(where: { $0.takePart() }) {
                    idle = 0
                } else if idle < Self.patience {
                    idle += 1
                    lorad_pause()
                } else {
                    usleep(Self.pause)
                }
            }
        }

        /// How often a lane looks for work without pause: for about a tenth of a millisecond.
        private static let patience = 3_000
        private static let pause: UInt32 = 100  // microseconds
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
            let thread = Thread { [board] in Self.serve(board, lane: index) }
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
    /// - Throws: the first error of `body`; indices that have not started are then skipped.
    public func forEach(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        let job = Job(count: count, lanes: self.count, body: body)
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

    private static func serve(_ board: Board, lane: Int) {
        var seen = 0
        while let job = next(board, after: &seen) {
            job.work(lane: lane)
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
