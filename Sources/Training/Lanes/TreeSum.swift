/// A sum over the leaves of a node of a fixed binary tree: whatever the order of the terms, and whichever nodes are
/// already summed, the additions are the same, so the result is the same to the last bit.
///
/// See ``TreeNode`` for the tree. The sum of any node can be computed elsewhere and inserted as one term.
public struct TreeSum<Term> {
    private let node: TreeNode
    private let count: Int
    private let add: (consuming Term, consuming Term) -> Term
    private var waiting: [TreeNode: Term] = [:]
    private let leaves: Range<Int>
    private var isThere: [Bool]

    /// The sum of all terms, once all have arrived.
    public private(set) var total: Term?

    /// A sum of `count` terms.
    public init(count: Int, add: @escaping (consuming Term, consuming Term) -> Term) {
        self.init(of: .root(count: count), count: count, add: add)
    }

    /// The part of a sum of `count` terms that a node covers.
    ///
    /// If the tree lacks the node, there is never a total: check nodes that a peer names.
    public init(of node: TreeNode, count: Int, add: @escaping (consuming Term, consuming Term) -> Term) {
        self.node = node.lowest(count: count)
        self.count = count
        self.add = add
        leaves = node.range(count: count)
        isThere = Array(repeating: false, count: leaves.count)
    }

    /// Adds the term of a leaf. Precondition: it is one of the node's, and comes once.
    public mutating func insert(_ term: consuming Term, at index: Int) {
        let leaf = TreeNode(leaf: index)
        let isNew = mark(leaf)
        precondition(isNew, "leaf \(index) is not in \(leaves) or came before")
        climb(term, from: leaf)
    }

    /// Adds the sum of a node's leaves.
    ///
    /// - Throws: `TrainingError.invalidWork` if it is no part of this sum, or a leaf of it has come already.
    public mutating func insert(_ sum: consuming Term, at part: TreeNode) throws {
        try part.check(count: count)
        guard mark(part) else {
            throw TrainingError(
                .invalidWork,
                "the result of level \(part.level), index \(part.index) is already here or was not asked for: "
                    + "drop it")
        }
        climb(sum, from: part.lowest(count: count))
    }

    /// Notes that a node's leaves are there; false where that cannot be.
    private mutating func mark(_ part: TreeNode) -> Bool {
        let range = part.range(count: count)
        guard node.contains(part, count: count) else { return false }
        let places = range.lowerBound - leaves.lowerBound..<range.upperBound - leaves.lowerBound
        guard !isThere[places].contains(true) else { return false }
        for place in places { isThere[place] = true }
        return true
    }

    private mutating func climb(_ term: consuming Term, from start: TreeNode) {
        var place = start
        var sum = term
        while place.level < node.level {
            let sibling = place.sibling
            if sibling.exists(count: count) {
                guard let other = waiting.removeValue(forKey: sibling) else {
                    waiting[place] = sum
                    return
                }
                sum = place.index < sibling.index ? add(sum, other) : add(other, sum)
            }
            place = place.parent
        }
        total = sum
    }
}
