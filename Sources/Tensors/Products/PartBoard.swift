import CKernels
import Synchronization

/// Work of one thread in parts that idle threads can take.
///
/// The split depends only on the size of the work, and one thread computes each part from start to end, so the result
/// does not depend on which threads take part. The owner takes parts too, so a stalled thread delays it by at most the
/// part that it has taken.
public final class PartBoard: @unchecked Sendable {  // `body` is written while no part is open
    @TaskLocal static var current: PartBoard?

    /// The round, the number of its parts, and the next part to be taken, in 32, 16 and 16 bits.
    private let state = Atomic<UInt64>(0)
    private let finished = Atomic<Int>(0)
    private var body: (@Sendable (Int) -> Void)?
    /// Called when parts lie open.
    private let onOpening: @Sendable () -> Void

    /// Creates an empty board.
    public convenience init() { self.init {} }

    init(onOpening: @escaping @Sendable () -> Void) { self.onOpening = onOpening }

    /// Runs `body`, whose large operations are laid open here.
    public func serving<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Self.$current.withValue(self, operation: body)
    }

    /// Calls `body` for 0..<count, each once, on the current board's threads or, without one, on this thread.
    static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        guard count > 1, let current else { return (0..<count).forEach(body) }
        // Whatever a part does itself is not cut again: this board is taken.
        $current.withValue(nil) { current.forEach(count, body) }
    }

    /// Calls `body` for the pieces of 0..<count, `piece` long but for the last.
    static func forPieces(of count: Int, length piece: Int, _ body: @Sendable (Range<Int>) -> Void) {
        forEach((count + piece - 1) / piece) { index in
            body(index * piece..<min((index + 1) * piece, count))
        }
    }

    /// Calls `body` for 0..<count, each once; returns when all are done. One thread at a time may ask for it.
    func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        precondition(count < 1 << 16, "\(count) parts")
        withoutActuallyEscaping(body) { body in
            self.body = body
            finished.store(0, ordering: .relaxed)
            let round = (state.load(ordering: .relaxed) >> 32 &+ 1) << 32
            state.store(round | UInt64(count) << 16, ordering: .sequentiallyConsistent)
            onOpening()
            while takePart() {}
            while finished.load(ordering: .acquiring) < count { lorad_pause() }
            self.body = nil
        }
    }

    /// Whether a part waits to be taken.
    var isOpen: Bool { Self.isOpen(state.load(ordering: .sequentiallyConsistent)) }

    /// Computes a part; false if none is open.
    public func takePart() -> Bool {
        var seen = state.load(ordering: .acquiring)
        while Self.isOpen(seen) {
            let (isMine, now) = state.compareExchange(
                expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
            if isMine {
                body?(Int(seen & 0xFFFF))
                finished.add(1, ordering: .releasing)
                return true
            }
            seen = now
        }
        return false
    }

    private static func isOpen(_ state: UInt64) -> Bool { state & 0xFFFF < state >> 16 & 0xFFFF }
}
