/// A node of the fixed binary tree over some leaves: the aligned range of leaves that it sums.
///
/// Node (level, index) covers the leaves index · 2^level ..< (index + 1) · 2^level as far as they exist, and is the sum
/// of nodes (level − 1, 2 · index) and (level − 1, 2 · index + 1); a node without a sibling is passed up unchanged, so
/// a range at the ragged end has nodes on several levels. A node named by a peer may be any two numbers: all members
/// are safe to use, and `check` refuses a node that the tree does not have.
public struct TreeNode: Hashable, Sendable {
    /// How far above the leaves it is.
    public let level: Int
    /// Its place on its level, from 0.
    public let index: Int

    /// Creates a node; whether a tree has it is not checked.
    public init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }

    /// A leaf.
    public init(leaf: Int) { self.init(level: 0, index: leaf) }

    /// The node over all of `count` leaves.
    public static func root(count: Int) -> TreeNode {
        TreeNode(level: count > 1 ? Int.bitWidth - (count - 1).leadingZeroBitCount : 0, index: 0)
    }

    /// The leaves of the node in a tree of `count` leaves; empty if the tree has no such node.
    public func range(count: Int) -> Range<Int> {
        let top = Self.root(count: count).level
        guard count > 0, top < Int.bitWidth - 1, (0...top).contains(level), index >= 0, index <= (count - 1) >> level
        else { return 0..<0 }
        let start = index << level
        return start..<start + min(1 << level, count - start)
    }

    /// Whether a tree of `count` leaves has this node.
    public func exists(count: Int) -> Bool { !range(count: count).isEmpty }

    /// Refuses a node that a tree of `count` leaves does not have.
    ///
    /// - Throws: `TrainingError.invalidWork`.
    public func check(count: Int) throws {
        guard exists(count: count) else {
            throw TrainingError(
                .invalidWork,
                "level \(level), index \(index) is not in a tree of \(count) micro-batches: the coordinator and all "
                    + "workers must run the same version of lorad"
            )
        }
    }

    /// The node that it is a part of, one level up.
    public var parent: TreeNode { TreeNode(level: level &+ 1, index: index >> 1) }

    /// The other part of its parent, which a ragged tree may lack.
    public var sibling: TreeNode { TreeNode(level: level, index: index ^ 1) }

    /// The one or two nodes that it is the sum of, one level down; none for a leaf or a node that the tree lacks.
    public func children(count: Int) -> [TreeNode] {
        guard level > 0, exists(count: count) else { return [] }
        return [0, 1].map { TreeNode(level: level - 1, index: index << 1 + $0) }.filter { $0.exists(count: count) }
    }

    /// Whether all leaves of another node are among its own, in a tree of `count` leaves that has both.
    public func contains(_ other: TreeNode, count: Int) -> Bool {
        let (mine, theirs) = (range(count: count), other.range(count: count))
        return !theirs.isEmpty && mine.lowerBound <= theirs.lowerBound && theirs.upperBound <= mine.upperBound
    }

    /// The lowest node with the same leaves, and so the same value: one name for each stretch.
    public func lowest(count: Int) -> TreeNode {
        var node = self
        while true {
            let children = node.children(count: count)
            guard children.count == 1 else { return node }
            node = children[0]
        }
    }
}
