import CKernels
import Foundation
import Synchronization

/// Threads that share the products of a single row, because one core cannot use the full memory bandwidth.
///
/// A product takes tens of microseconds, less than waking a thread does. So the threads poll for work while products
/// follow one another, and sleep if none has come for a while. The large products of a prompt are shared in the same
/// way.
public final class RowTeam: @unchecked Sendable {  // the condition guards what threads sleep for
    @TaskLocal static var current: RowTeam?

    private let sleepers = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    private let condition = NSCondition()
    private lazy var board = PartBoard { [unowned self] in wake() }
    /// Threads, the asking one included.
    let count: Int
    /// How often a thread looks for work before it sleeps: for about a millisecond.
    private let patience: Int

    private init(threads: Int, patience: Int) { (count, self.patience) = (threads, patience) }

    /// Runs `body` with `count` threads for products of a single row, including the calling thread.
    ///
    /// They serve the products of one thread: `body` must not start threads that compute.
    public static func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
        try withThreads(count, patience: 30_000, body)
    }

    static func withThreads<Result>(_ count: Int, patience: Int, _ body: () throws -> Result) rethrows -> Result {
        guard count > 1 else { return try body() }
        let team = RowTeam(threads: count, patience: patience)
        let board = team.board  // made before other threads look for it
        for index in 1..<count {
            let thread = Thread { team.serve() }
            thread.name = "row \(index)"
            thread.start()
        }
        defer { team.close() }
        return try $current.withValue(team) { try board.serving(body) }
    }

    /// Computes all parts of a job, each once, on all threads; returns when all are done.
    func compute(_ job: RowJob) { board.forEach(job.parts) { job.compute($0) } }

    private func wake() {
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { condition.withLock { condition.broadcast() } }
    }

    private func serve() {
        var idle = 0
        while !isClosed.load(ordering: .acquiring) {
            if board.takePart() {
                idle = 0
            } else if idle < patience {
                idle += 1
                lorad_pause()
            } else {
                sleep()
                idle = 0
            }
        }
    }

    private func sleep() {
        condition.withLock {
            sleepers.add(1, ordering: .sequentiallyConsistent)
            while !board.isOpen, !isClosed.load(ordering: .acquiring) {
                condition.wait()
            }
            sleepers.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    private func close() {
        isClosed.store(true, ordering: .releasing)
        condition.withLock { condition.broadcast() }
    }
}
