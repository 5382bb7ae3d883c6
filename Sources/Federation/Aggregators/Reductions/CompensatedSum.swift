/// A sum that carries the rounding of each addition along (Knuth's TwoSum), so that it is as good as exact in whatever
/// order its terms come.
struct CompensatedSum: Sendable {
    private var high = 0.0
    private var low = 0.0

    /// The sum, rounded once.
    var value: Double { high + low }

    mutating func add(_ term: Double) {
        let sum = high + term
        let added = sum - high
        low += (high - (sum - added)) + (term - added)
        high = sum
    }
}
