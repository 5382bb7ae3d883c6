import Foundation

/// What the page shows of the rounds that are done, in bounded memory.
struct RoundHistory: Sendable {
    /// How many rounds are listed one by one.
    static let listed = 20

    private(set) var curves: [RunCurve.Quantity: RunCurve] = [:]
    /// The last rounds, oldest first.
    private(set) var recent: [RunDigest.Round] = []
    /// Results and tokens of all of them.
    private(set) var total = RoundFigures.Share()
    /// Privacy budget spent by the last round that reports it.
    private(set) var epsilon: Double?

    init(_ rounds: [RunDigest.Round] = []) { for round in rounds { add(round) } }

    /// Adds a round; they come in order.
    mutating func add(_ round: RunDigest.Round) {
        for quantity in RunCurve.Quantity.allCases {
            guard let value = round.figures[quantity] else { continue }
            curves[quantity, default: RunCurve()].add(value, at: quantity.isOfStart ? round.number - 1 : round.number)
        }
        recent.append(round)
        if recent.count > Self.listed { recent.removeFirst() }
        total += RoundFigures.Share(counted: round.figures.contributions, tokens: round.figures.tokens)
        epsilon = round.figures.values["epsilon"] ?? epsilon
    }
}

extension RoundFigures {
    /// One of the quantities that are drawn.
    subscript(quantity: RunCurve.Quantity) -> Double? {
        quantity == .loss ? loss : values[quantity.rawValue]
    }
}
