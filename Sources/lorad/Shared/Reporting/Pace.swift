/// How fast rounds go by, over the last of them.
struct Pace: Equatable, Sendable {
    private static let window = 20
    private var recent: [(duration: Duration, tokens: Int)] = []
    private var last: Duration?

    /// Notes that the first round has begun; later ones begin with the end of the one before.
    mutating func begin(at now: Duration) { last = last ?? now }

    /// Notes that a round is done.
    mutating func add(tokens: Int, at now: Duration) {
        if let last { recent.append((now - last, tokens)) }
        if recent.count > Self.window { recent.removeFirst() }
        last = now
    }

    /// The mean time of a round; `nil` before the first is done.
    var secondsPerRound: Double? { recent.isEmpty ? nil : seconds / Double(recent.count) }

    /// Tokens worked through in a second; `nil` before the first round is done, and where workers do not tell.
    var tokensPerSecond: Double? {
        let tokens = recent.reduce(0) { $0 + $1.tokens }
        return seconds > 0 && tokens > 0 ? Double(tokens) / seconds : nil
    }

    private var seconds: Double { recent.reduce(0) { $0 + $1.duration / .seconds(1) } }

    static func == (first: Self, second: Self) -> Bool {
        first.last == second.last && first.recent.elementsEqual(second.recent, by: ==)
    }
}
