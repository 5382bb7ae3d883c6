import Crypto
import Dispatch

/// Work on a long vector, cut into stretches that threads share, each with a stream of noise of its own.
enum NoiseStretches {
    /// The values of a stretch.
    static let length = 1 << 14

    /// Calls `body` for each stretch of 0..<count, each once; blocks until all are done.
    ///
    /// - Parameter lanes: The threads that share the work; the caller's is one of them.
    static func forEach(
        _ count: Int, key: SymmetricKey, lanes: Int,
        _ body: @Sendable (Range<Int>, inout RandomIntegers<NoiseStream>) -> Void
    ) {
        let stretches = (count + length - 1) / length
        let lanes = max(1, min(lanes, stretches))
        DispatchQueue.concurrentPerform(iterations: lanes) { lane in
            for stretch in stride(from: lane, to: stretches, by: lanes) {
                var integers = RandomIntegers(NoiseStream(key: key, stretch: stretch))
                body(stretch * length..<min((stretch + 1) * length, count), &integers)
            }
        }
    }
}
