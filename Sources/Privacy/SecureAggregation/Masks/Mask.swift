import Crypto
import Dispatch

/// A pseudorandom vector that is added to, or taken from, a worker's vector.
struct Mask: Sendable {
    let stream: KeyStream
    let sign: MaskSign

    init(key: SymmetricKey, sign: MaskSign) {
        stream = KeyStream(key: key)
        self.sign = sign
    }

    /// Applies every mask to a vector of ring elements held in 32-bit words.
    ///
    /// All masks go over one piece before the next is touched, so the vector passes through the cache once however
    /// many masks there are. 2^bits divides 2^32, so the arithmetic modulo 2^32 is also that of the ring.
    ///
    /// - Parameter lanes: The threads that share the work; the caller's is one of them.
    static func apply(_ masks: [Mask], to vector: inout [UInt32], lanes: Int = 1) {
        let count = vector.count
        let pieces = (count + KeyStream.pieceWords - 1) / KeyStream.pieceWords
        vector.withUnsafeMutableBufferPointer { buffer in
            // Each lane writes pieces of its own only.
            nonisolated(unsafe) let words = buffer
            let lanes = max(1, min(lanes, pieces))
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                for piece in stride(from: lane, to: pieces, by: lanes) {
                    let start = piece * KeyStream.pieceWords
                    let end = min(start + KeyStream.pieceWords, count)
                    let part = UnsafeMutableBufferPointer(rebasing: words[start..<end])
                    for mask in masks { mask.stream.apply(mask.sign, to: part, from: start) }
                }
            }
        }
    }
}
