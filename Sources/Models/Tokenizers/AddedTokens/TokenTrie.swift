/// A trie over scalars that finds the longest of many tokens at a position.
struct TokenTrie: Sendable {
    private var children = PairTable()
    private var tokens: [Int32] = [-1]

    /// Whether there is no token in it.
    var isEmpty: Bool { tokens.count == 1 }

    /// Adds a token.
    mutating func insert(_ text: [UInt32], id: Int32) {
        guard !text.isEmpty else { return }
        var node = 0
        for scalar in text {
            let key = PairTable.key(UInt32(node), scalar)
            if let child = children[key] {
                node = Int(child)
            } else {
                children.insert(key, UInt64(tokens.count))
                node = tokens.count
                tokens.append(-1)
            }
        }
        tokens[node] = id
    }

    /// The longest token at a position: where it ends, and its id.
    @inline(__always)
    func longestMatch(in text: UnsafeBufferPointer<UInt32>, at start: Int) -> (end: Int, id: Int32)? {
        var best: (end: Int, id: Int32)?
        var node: UInt64 = 0
        var position = start
        while position < text.count, let child = children[PairTable.key(UInt32(node), text[position])] {
            node = child
            position += 1
            if tokens[Int(node)] >= 0 { best = (position, tokens[Int(node)]) }
        }
        return best
    }
}
