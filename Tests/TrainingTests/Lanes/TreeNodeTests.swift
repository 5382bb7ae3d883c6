import Testing
import Training

@Suite("Nodes of the fixed tree")
struct TreeNodeTests {
    @Test("The root covers all leaves, and children cover what their parent does", arguments: 1...33)
    func structure(count: Int) {
        #expect(TreeNode.root(count: count).range(count: count) == 0..<count)
        var open = [TreeNode.root(count: count)]
        while let node = open.popLast() {
            let children = node.children(count: count)
            #expect(children.isEmpty == (node.level == 0))
            #expect(children.isEmpty || children.flatMap { $0.range(count: count) } == Array(node.range(count: count)))
            #expect(children.allSatisfy { $0.parent == node && node.contains($0, count: count) })
            open += children
        }
    }

    @Test("A stretch at the ragged end has one lowest name")
    func lowest() {
        for level in 0...2 {
            #expect(TreeNode(level: level, index: 4 >> level).lowest(count: 5) == TreeNode(leaf: 4))
        }
        #expect(TreeNode(level: 2, index: 1).lowest(count: 7) == TreeNode(level: 2, index: 1))
        #expect(TreeNode(level: 2, index: 0).sibling == TreeNode(level: 2, index: 1))
    }

    @Test("A split covers the leaves from left to right in as many parts as asked for", arguments: 1...33)
    func split(count: Int) {
        for parts in 1...40 {
            let nodes = TreeNode.split(count: count, into: parts)
            #expect(nodes.count == min(parts, count))
            #expect(nodes.flatMap { $0.range(count: count) } == Array(0..<count))
            #expect(nodes.allSatisfy { $0 == $0.lowest(count: count) })
        }
    }

    @Test("The largest part is halved first, and a part can be split again")
    func splitOrder() {
        let nodes = TreeNode.split(count: 8, into: 3)
        #expect(nodes.map { $0.range(count: 8) } == [0..<2, 2..<4, 4..<8])
        #expect(nodes[2].split(count: 8, into: 2).map { $0.range(count: 8) } == [4..<6, 6..<8])
    }

    private static let hostile = [Int.min, -1, 0, 1, 5, 62, 63, 64, Int.max]

    @Test("Whatever numbers a peer sends, nothing traps and what the tree lacks is refused", arguments: hostile)
    func hostileNodes(level: Int) {
        for index in Self.hostile {
            let node = TreeNode(level: level, index: index)
            for count in [1, 5, 8, Int.max] {
                let range = node.range(count: count)
                #expect(range.isEmpty == !node.exists(count: count))
                #expect((errorMessage { try node.check(count: count) } == nil) == !range.isEmpty)
                _ = (node.parent, node.sibling, node.children(count: count), node.lowest(count: count))
                _ = (node.contains(node.parent, count: count), node.split(count: count, into: 2))
            }
            #expect(node.exists(count: 5) == ((0...3).contains(level) && (0...4 >> level).contains(index)))
        }
    }
}
