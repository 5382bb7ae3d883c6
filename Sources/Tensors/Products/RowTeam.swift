import CKernels
import Foundation
import Synchronization

/// Threads that share the products of a single row: one core does not read memory as fast as it can be read.
///
/// A product takes tens of microseconds, less than waking a thread does. So the threads look for work without pause while
/// products follow one another, and sleep when none has come for a while. Whoever asks for a product takes part in it, so
/// threads that are kept from running do not hold it up by more than the part that they have taken.
public final class RowTeam: @unchecked Sendable {  // `job` is written while no part is open
    @TaskLocal static var current: RowTeam?

    /// The round, the number of its parts, and the next part to be taken, in 32, 16 and 16 bits.
    private let state = Atomic<UInt64>(0)
    private let finished = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    private let condition = NSCondition()
    private var job: RowJob?
    /// Threads, the asking one included.
    let count: Int
    /// How often a thread looks for work before it sleeps: for about a millisecond.
    private let patience: Int

    private init(threads: Int, patience: Int) { (count, self.patience) = (threads, patience) }

    /// Runs `body` with so many threads for products of a single row, its own one included.
    ///
    /// They are for one thread's products: `body` must not begin threads that compute.
    public static func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
        try withThreads(count, patience: 30_000, body)
    }

    static func withThreads<Result>(_ count: Int, patience: Int, _ body: () throws -> Result) rethrows -> Result {
        guard count > 1 else { return try body() }
        let team = RowTeam(threads: count, patience: patience)
        for index in 1..<count {
            let thread = Thread { team.serve() }
            thread.name = "row \(index)"
            thread.start()
        }
        defer { team.close() }
        return try $current.withValue(team, operation: body)
    }

    /// Computes all parts of a job, each once, on all threads; returns when all are done.
    func compute(_ job: RowJob) {
        self.job = job
        finished.store(0, ordering: .relaxed)
        let round = (state.load(ordering: .relaxed) >> 32 &+ 1) << 32
        state.store(round | UInt64(job.parts) << 16, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { condition.withLock { condition.broadcast() } }
        while takePart() {}
        while finished.load(ordering: .acquiring) < job.parts { lorad_pause() }
    }

    /// Computes a part; false where all are taken.
    private func takePart() -> Bool {
        var seen = state.load(ordering: .acquiring)
        while Self.isOpen(seen) {
            let (isMine, now) = state.compareExchange(
                expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
            if isMine {
                job?.compute(Int(seen & 0xFFFF))
                finished.add(1, ordering: .releasing)
                return true
            }
            seen = now
        }
        return false
    }

    private static func isOpen(_ state: UInt64) -> Bool { state & 0xFFFF < state >> 16 & 0xFFFF }

    private func serve() {
        var idle = 0
        while !isClosed.load(ordering: .acquiring) {
            if takePart() {
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
            while !Self.isOpen(state.load(ordering: .sequentiallyConsistent)), !isClosed.load(ordering: .acquiring) {
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
