/// A binary heap of possible merges: the lowest rank first, the leftmost position among equals.
struct MergeQueue: Sendable {
    private var entries: [UInt64] = []

    /// Empties the queue, keeping its memory.
    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    /// Adds a merge.
    mutating func insert(rank: UInt64, position: Int) {
        entries.append(rank << 32 | UInt64(position))
        var child = entries.count - 1
        while child > 0, entries[child] < entries[(child - 1) / 2] {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the first merge out.
    mutating func popFirst() -> (rank: UInt64, position: Int)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first >> 32, Int(first & 0xFFFF_FFFF))
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return }
            if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            parent = child
        }
    }
}
