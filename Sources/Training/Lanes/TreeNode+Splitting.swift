extension TreeNode {
    /// The tree of `count` leaves in `parts` nodes that cover it from left to right, each named by `lowest`; fewer if
    /// there are fewer leaves.
    ///
    /// The largest part is halved until there are enough, so that sizes differ by at most a factor of two (the ragged
    /// end aside). More parts than workers distribute the work more evenly, but each costs one result.
    public static func split(count: Int, into parts: Int) -> [TreeNode] {
        root(count: count).split(count: count, into: parts)
    }

    /// This node in `parts` nodes that cover it, as `split(count:into:)` does for the whole tree.
    public func split(count: Int, into parts: Int) -> [TreeNode] {
        guard exists(count: count) else { return [] }
        var nodes = [lowest(count: count)]
        while nodes.count < parts, let place = Self.largest(of: nodes, count: count) {
            nodes.replaceSubrange(
                place...place, with: nodes[place].children(count: count).map { $0.lowest(count: count) })
        }
        return nodes
    }

    /// The place of the first node with the most leaves; `nil` if all are leaves.
    private static func largest(of nodes: [TreeNode], count: Int) -> Int? {
        let sizes = nodes.map { $0.range(count: count).count }
        guard let size = sizes.max(), size > 1 else { return nil }
        return sizes.firstIndex(of: size)
    }
}
