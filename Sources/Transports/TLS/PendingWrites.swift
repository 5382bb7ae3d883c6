import NIOCore

/// What was written and is not encrypted yet.
///
/// It waits as plain text and is encrypted when the channel can take it, so that a large message is not in memory twice.
struct PendingWrites {
    private var writes = MarkedCircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>(initialCapacity: 4)

    /// Whether nothing waits that was flushed.
    var isFlushed: Bool { !writes.hasMark }

    mutating func append(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) { writes.append((bytes, promise)) }

    /// Lets everything out that was written so far.
    mutating func flush() { writes.mark() }

    /// The next bytes to send, `limit` at most; the promise comes with the last bytes of its write.
    mutating func next(_ limit: Int) -> (bytes: ByteBuffer, promise: EventLoopPromise<Void>?)? {
        guard writes.hasMark else { return nil }
        let first = writes.startIndex
        if writes[first].bytes.readableBytes > limit, let part = writes[first].bytes.readSlice(length: limit) {
            return (part, nil)
        }
        return writes.removeFirst()
    }

    /// Gives everything up.
    mutating func fail(_ error: any Error) {
        let promises = writes.map(\.promise)
        writes = MarkedCircularBuffer(initialCapacity: 0)
        for promise in promises { promise?.fail(error) }
    }
}
