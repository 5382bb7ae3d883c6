/// Lets so many handshakes through a second, and a burst now and then (a token bucket). A handshake costs a fraction of a
/// millisecond of a core, which strangers must not be able to make the coordinator's only work.
struct HandshakeRate: Sendable {
    let perSecond: Double
    let burst: Double
    private var available: Double
    private var last: Duration?

    init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
        available = burst
    }

    mutating func allow(now: Duration) -> Bool {
        let passed = last.map { max(.zero, now - $0) / .seconds(1) } ?? 0
        available = min(burst, available + passed * perSecond)
        last = now
        guard available >= 1 else { return false }
        available -= 1
        return true
    }
}
