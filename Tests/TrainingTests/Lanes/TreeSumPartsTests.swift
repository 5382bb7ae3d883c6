import Tensors
import Testing
import Training

@Suite("Sums whose parts come from elsewhere")
struct TreeSumPartsTests {
    private func form(_ node: TreeNode, _ count: Int) -> String? {
        var sum = TreeSum<String>(of: node, count: count) { "(\($0)+\($1))" }
        for leaf in node.range(count: count).reversed() { sum.insert("\(leaf)", at: leaf) }
        return sum.total
    }

    @Test("Parts in any order give the form of the whole, however it is split", arguments: 1...33)
    func parts(count: Int) throws {
        let whole = try #require(form(.root(count: count), count))
        var random = SplitMix64(seed: UInt64(count))
        for parts in 1...count {
            var sum = TreeSum<String>(count: count) { "(\($0)+\($1))" }
            for node in TreeNode.split(count: count, into: parts).shuffled(using: &random) {
                #expect(sum.total == nil)
                try sum.insert(try #require(form(node, count)), at: node)
            }
            #expect(sum.total == whole)
        }
    }

    @Test("A node at the ragged end counts the same on every level")
    func ragged() throws {
        for level in 0...2 {
            var sum = TreeSum<String>(count: 5) { "(\($0)+\($1))" }
            try sum.insert("4", at: TreeNode(level: level, index: 4 >> level))
            try sum.insert("L", at: TreeNode(level: 2, index: 0))
            #expect(sum.total == "(L+4)")
        }
    }

    @Test("What is no part, or has come already, is refused and changes nothing")
    func refusals() throws {
        var sum = TreeSum<Int>(of: TreeNode(level: 2, index: 0), count: 7) { $0 + $1 }
        try sum.insert(3, at: TreeNode(level: 1, index: 0))
        for (level, index) in [(1, 0), (0, 1), (2, 0), (0, 4), (3, 0), (1, 9), (-1, 0), (Int.max, Int.max)] {
            let error = #expect(throws: TrainingError.self) {
                try sum.insert(100, at: TreeNode(level: level, index: index))
            }
            #expect(error?.code == .invalidWork)
        }
        sum.insert(4, at: 3)
        #expect(sum.total == nil)
        sum.insert(5, at: 2)
        #expect(sum.total == 12)
    }

    @Test("A node that the tree lacks never has a total")
    func unknownNode() {
        var sum = TreeSum<Int>(of: TreeNode(level: 9, index: 9), count: 4) { $0 + $1 }
        #expect(throws: TrainingError.self) { try sum.insert(1, at: TreeNode(leaf: 0)) }
        #expect(sum.total == nil)
    }
}
