/// A sum over indices 0..<count in a fixed binary tree: whoever brings the terms, in whatever order, the additions are
/// the same, so that the result is the same to the last bit.
///
/// Node (level, i) is the sum of nodes (level − 1, 2i) and (level − 1, 2i + 1); a node without a sibling passes up as it is.
public struct TreeSum<Term> {
    private let count: Int
    private let add: (consuming Term, consuming Term) -> Term
    private var waiting: [Place: Term] = [:]

    private struct Place: Hashable {
        var level: Int
        var index: Int
    }

    /// The sum of all terms, once all are there.
    public private(set) var total: Term?

    /// A sum of `count` terms.
    public init(count: Int, add: @escaping (consuming Term, consuming Term) -> Term) {
        self.count = count
        self.add = add
    }

    /// Adds the term of an index; each index comes once.
    public mutating func insert(_ term: consuming Term, at index: Int) {
        var place = Place(level: 0, index: index)
        var width = count  // nodes at this level
        var sum = term
        while width > 1 {
            let sibling = Place(level: place.level, index: place.index ^ 1)
            if sibling.index < width {
                guard let other = waiting.removeValue(forKey: sibling) else {
                    waiting[place] = sum
                    return
                }
                sum = place.index < sibling.index ? add(sum, other) : add(other, sum)
            }
            place = Place(level: place.level + 1, index: place.index / 2)
            width = (width + 1) / 2
        }
        total = sum
    }
}
