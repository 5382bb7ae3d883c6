/// Which chunk of a blob to send (or fetch) next: several in flight, each tried again when it fails or gets no answer.
///
/// A value without clock or socket: the driver passes the time, on any clock that does not go back, and reports what
/// came of each chunk.
public struct ChunkTransfer: Sendable {
    /// How a transfer goes about it.
    public struct Policy: Sendable {
        /// Chunks in flight at most.
        public var window: Int
        /// After this time without an answer a chunk is tried again.
        public var timeout: Duration
        /// The pause after a chunk's first failure; it doubles with each further one.
        public var pause: Duration
        /// How often a chunk is tried at most.
        public var attempts: Int

        /// Creates a policy.
        public init(
            window: Int = 4, timeout: Duration = .seconds(60), pause: Duration = .milliseconds(200), attempts: Int = 6
        ) {
            self.window = window
            self.timeout = timeout
            self.pause = pause
            self.attempts = attempts
        }
    }

    private struct Attempt {
        var count = 0
        var notBefore = Duration.zero
        var reason = "there was no answer"
    }

    private let policy: Policy
    private var remaining: ChunkSet
    private var fresh: [Int]  // not tried yet, last first
    private var again: [Int] = []  // in the order of failing
    private var inFlight: [Int: Duration] = [:]  // the time of giving up waiting
    private var attempts: [Int: Attempt] = [:]

    /// Transfers the chunks of a set, in order.
    public init(_ chunks: ChunkSet, policy: Policy = Policy()) {
        self.policy = policy
        remaining = chunks
        fresh = chunks.indices.reversed()
    }

    /// Whether every chunk has arrived.
    public var isComplete: Bool { remaining.count == 0 }
    /// Number of chunks that have not arrived.
    public var remainingCount: Int { remaining.count }

    /// The chunk to send or fetch now; nil while the window is full, a pause lasts or nothing is left.
    ///
    /// - Throws: `FederationError.closed` when a chunk has been tried as often as the policy allows.
    public mutating func next(now: Duration) throws -> Int? {
        for (index, deadline) in inFlight.sorted(by: { $0.key < $1.key }) where deadline <= now {
            failed(index, because: "there was no answer", now: now)
        }
        guard inFlight.count < policy.window, let index = takeWaiting(now) else { return nil }
        let attempt = attempts[index] ?? Attempt()
        guard attempt.count < policy.attempts else {
            again.append(index)
            throw FederationError(
                .closed, "chunk \(index) was tried \(attempt.count) times, at last because \(attempt.reason)")
        }
        attempts[index, default: attempt].count += 1
        inFlight[index] = now + policy.timeout
        return index
    }

    /// A chunk has arrived.
    public mutating func succeeded(_ index: Int) {
        remaining.remove(index)
        inFlight[index] = nil
        attempts[index] = nil
        again.removeAll { $0 == index }
    }

    /// A chunk was refused or lost on its way; it is tried again after a pause.
    public mutating func failed(_ index: Int, because reason: String, now: Duration) {
        guard inFlight.removeValue(forKey: index) != nil, remaining.contains(index) else { return }
        let pause = policy.pause * (1 << min((attempts[index]?.count ?? 1) - 1, 16))
        attempts[index]?.notBefore = now + pause
        attempts[index]?.reason = reason
        again.append(index)
    }

    /// The receiver's word on what it misses replaces what this side believes; chunks in flight stay in flight.
    public mutating func receiverMisses(_ missing: ChunkSet) {
        remaining = missing
        inFlight = inFlight.filter { missing.contains($0.key) }
        attempts = attempts.filter { missing.contains($0.key) }
        again.removeAll { !missing.contains($0) }
        let known = Set(again).union(inFlight.keys)
        fresh = missing.indices.filter { !known.contains($0) }.reversed()
    }

    /// When `next` may have something although nothing was reported: the end of a pause or of waiting for an answer.
    public var wakeTime: Duration? {
        let pauses = inFlight.count < policy.window ? again.compactMap { attempts[$0]?.notBefore } : []
        return (pauses + inFlight.values).min()
    }

    private mutating func takeWaiting(_ now: Duration) -> Int? {
        if let position = again.firstIndex(where: { (attempts[$0]?.notBefore ?? .zero) <= now }) {
            return again.remove(at: position)
        }
        while let index = fresh.popLast() {
            if remaining.contains(index) { return index }
        }
        return nil
    }
}
