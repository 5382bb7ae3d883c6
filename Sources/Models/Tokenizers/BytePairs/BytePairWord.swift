/// The symbols of one word while pairs of them are joined.
struct BytePairWord: Sendable {
    /// Words up to this length are joined by looking for the best pair each time; longer ones with a heap.
    static let shortLength = 40

    /// The symbols, and after joining the tokens.
    var tokens: [BytePairToken] = []
    private var ranks: [UInt64] = []
    private var previous: [Int32] = []
    private var next: [Int32] = []
    private var queue = MergeQueue()

    /// Joins pairs, the lowest rank first and the leftmost among equals.
    mutating func join(by merges: PairTable) {
        guard tokens.count > 1 else { return }
        if tokens.count <= Self.shortLength { joinShort(merges) } else { joinLong(merges) }
    }

    @inline(__always)
    private func merge(_ left: Int, _ right: Int, _ merges: PairTable) -> UInt64 {
        merges[PairTable.key(UInt32(bitPattern: tokens[left].id), UInt32(bitPattern: tokens[right].id))] ?? .max
    }

    private mutating func joinShort(_ merges: PairTable) {
        ranks.removeAll(keepingCapacity: true)
        for index in 1..<tokens.count { ranks.append(merge(index - 1, index, merges)) }
        while true {
            var (best, bestIndex) = (UInt64.max, -1)
            for index in ranks.indices where ranks[index] < best { (best, bestIndex) = (ranks[index], index) }
            guard bestIndex >= 0 else { return }
            tokens[bestIndex].id = Int32(truncatingIfNeeded: best)
            tokens[bestIndex].length += tokens[bestIndex + 1].length
            tokens.remove(at: bestIndex + 1)
            ranks.remove(at: bestIndex)
            if bestIndex < ranks.count { ranks[bestIndex] = merge(bestIndex, bestIndex + 1, merges) }
            if bestIndex > 0 { ranks[bestIndex - 1] = merge(bestIndex - 1, bestIndex, merges) }
        }
    }

    private mutating func joinLong(_ merges: PairTable) {
        let count = tokens.count
        previous = (0..<Int32(count)).map { $0 - 1 }
        next = (1...Int32(count)).map { $0 < count ? $0 : -1 }
        queue.removeAll()
        for index in 0..<count - 1 { enqueue(index, merges) }
        while let (rank, left) = queue.popFirst() {
            let right = Int(next[left])
            guard tokens[left].length > 0, right >= 0 else { continue }
            let merged = merge(left, right, merges)
            guard merged >> 32 == rank, merged != .max else { continue }
            unite(left, right, as: Int32(truncatingIfNeeded: merged))
            if previous[left] >= 0 { enqueue(Int(previous[left]), merges) }
            if next[left] >= 0 { enqueue(left, merges) }
        }
        tokens.removeAll { $0.length == 0 }
    }

    private mutating func enqueue(_ left: Int, _ merges: PairTable) {
        let merged = merge(left, Int(next[left]), merges)
        if merged != .max { queue.insert(rank: merged >> 32, position: left) }
    }

    private mutating func unite(_ left: Int, _ right: Int, as id: Int32) {
        tokens[left] = BytePairToken(id: id, length: tokens[left].length + tokens[right].length)
        tokens[right].length = 0
        next[left] = next[right]
        if next[right] >= 0 { previous[Int(next[right])] = Int32(left) }
    }
}
