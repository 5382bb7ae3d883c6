import Foundation
import Synchronization

/// Keeps what several threads move below a number of bytes a second; heartbeats and questions for work do not pass here.
final class Throttle: Sendable {
    /// Bytes a second.
    let limit: Int
    private let rate: Mutex<ByteRate>
    private let start = ContinuousClock.now

    init(limit: Int) {
        self.limit = limit
        rate = Mutex(ByteRate(limit: limit))
    }

    /// Lets bytes pass, once it is their turn.
    func pass(_ bytes: Int) {
        let wait = rate.withLock { $0.take(bytes, at: ContinuousClock.now - start) }
        if wait > .zero { Thread.sleep(forTimeInterval: wait / .seconds(1)) }
    }
}
