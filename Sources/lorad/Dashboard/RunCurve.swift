/// A quantity over the rounds, in bounded memory: where there are too many points, neighbours become one, their mean.
struct RunCurve: Equatable, Sendable {
    /// What is drawn, by the names that `trainer_log.jsonl` has.
    enum Quantity: String, CaseIterable, Codable, Sendable {
        case loss
        case evalLoss = "eval_loss"
        case workersEvalLoss = "workers_eval_loss"
        case evalExactMatch = "eval_exact_match"
        case evalRecallAt1 = "eval_recall_at_1"
        case workersEvalExactMatch = "workers_eval_exact_match"
        case workersEvalRecallAt1 = "workers_eval_recall_at_1"

        /// Whether it evaluates the state before a round and not its result.
        var isOfStart: Bool {
            switch self {
            case .workersEvalLoss, .workersEvalExactMatch, .workersEvalRecallAt1: true
            default: false
            }
        }
    }

    /// The mean of neighbouring rounds.
    struct Point: Equatable, Sendable {
        /// The last of the rounds.
        var round: Int
        var sum: Double
        var count: Int

        var value: Double { sum / Double(count) }
    }

    /// Maximum number of points, which a screen can still resolve.
    static let limit = 300

    private(set) var points: [Point] = []
    /// How many rounds a point is of, at most.
    private(set) var span = 1

    /// Adds a round's value, in the order of rounds. Values that are not finite are skipped.
    mutating func add(_ value: Double, at round: Int) {
        guard value.isFinite else { return }
        append(Point(round: round, sum: value, count: 1))
        while points.count > Self.limit { merge() }
    }

    private mutating func append(_ point: Point) {
        guard let last = points.last, last.round / span == point.round / span else { return points.append(point) }
        points[points.count - 1] = Point(
            round: point.round, sum: last.sum + point.sum, count: last.count + point.count)
    }

    private mutating func merge() {
        let old = points
        points = []
        span *= 2
        for point in old { append(point) }
    }
}
