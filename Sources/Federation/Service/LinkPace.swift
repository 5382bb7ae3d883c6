/// How much is asked for or sent at once, and how long that may take, by how the link has done so far.
///
/// A piece should take about two seconds: then a connection that breaks costs two seconds of the link, and a piece on its
/// way is no burden on what must get through. A link that was never measured begins with small pieces; each that takes less
/// than half of the goal doubles them, each that takes more than twice halves them.
struct LinkPace: Sendable, Equatable {
    /// The sizes of a piece, in bytes.
    static let sizes = 32 << 10...1 << 20
    /// What a piece should take.
    static let goal = Duration.seconds(2)
    /// How long a piece may take that was never measured.
    static let unknownPatience = Duration.seconds(20)
    /// The shortest time after which a connection is given up: routers queue, and TCP sends again after seconds.
    static let leastPatience = Duration.seconds(10)

    /// Bytes of the next piece.
    private(set) var pieceSize = 128 << 10
    /// The most bytes of a piece, where a limited rate allows no more.
    private let largest: Int
    /// Bytes a second of a connection, smoothed; `nil` before the first piece.
    private(set) var rate: Double?
    /// Time-outs since the last piece that got through.
    private var failures = 0

    /// - Parameter limit: bytes a second that this end allows itself; a piece has no more than one second of them.
    init(limit: Int? = nil) {
        largest = max(Self.sizes.lowerBound, min(Self.sizes.upperBound, limit ?? .max))
        pieceSize = min(pieceSize, largest)
    }

    /// How long a piece may take before its connection is given up: six times what the link needs, doubled with each time-out.
    func patience(for bytes: Int) -> Duration {
        let usual = rate.map { Duration.seconds(6 * Double(bytes) / $0) } ?? Self.unknownPatience
        return max(usual, Self.leastPatience) * (1 << min(failures, 5))
    }

    /// A piece got through.
    mutating func delivered(_ bytes: Int, in time: Duration) {
        failures = 0
        let seconds = max(time / .seconds(1), 1e-6)
        let now = Double(bytes) / seconds
        // A last piece of few bytes tells of the round trip, not of the link.
        if bytes * 2 >= pieceSize || rate.map({ now < $0 }) == true {
            rate = rate.map { 0.75 * $0 + 0.25 * now } ?? now
        }
        if time < Self.goal / 2, bytes >= pieceSize { pieceSize = min(pieceSize * 2, largest) }
        if time > Self.goal * 2 { halve() }
    }

    /// A piece did not get through in time.
    mutating func timedOut() {
        failures += 1
        halve()
    }

    private mutating func halve() { pieceSize = max(pieceSize / 2, Self.sizes.lowerBound) }
}
