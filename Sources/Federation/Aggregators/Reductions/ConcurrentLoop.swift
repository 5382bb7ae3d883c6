import Dispatch
import Synchronization
import Tensors

/// Calls `body` for 0..<count, each once, on as many threads as there are cores, and returns the results in order.
///
/// The calling thread works along and blocks until all is done.
///
/// - Throws: the error of the lowest index that failed, whatever the threads did first.
func concurrentMap<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
) throws -> [Result] {
    let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result = Swift.Result { try body(index) }
        results.withLock { $0[index] = result }
    }
    let found = results.withLock { $0 }
    return try (0..<count).compactMap { try found[$0]?.get() }
}

/// A stretch of a tensor's elements: the unit of concurrent work.
struct Piece: Sendable {
    /// Which of the tensors.
    var tensor: Int
    /// Which of its elements.
    var elements: Range<Int>

    /// Cuts tensors of these lengths into pieces of at most `length` elements.
    static func cut(_ counts: [Int], into length: Int = 1 << 16) -> [Piece] {
        counts.enumerated().flatMap { tensor, count in
            stride(from: 0, to: count, by: length).map {
                Piece(tensor: tensor, elements: $0..<min($0 + length, count))
            }
        }
    }
}

extension Piece {
    /// Where the piece begins in each of the tensors, which are alive and unchanged during `body`.
    func withPointers<Result>(
        _ tensors: [Tensor], _ body: ([UnsafePointer<Float>?]) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(tensors) {
            try body(tensors.map { $0.withFloats { floats in floats.baseAddress.map { $0 + elements.lowerBound } } })
        }
    }
}
