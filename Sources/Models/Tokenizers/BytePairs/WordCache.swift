/// The tokens of words seen before. It forgets everything when it is full, which bounds its memory.
struct WordCache: Sendable {
    static let maximumEntries = 1 << 14
    static let maximumWordLength = 48

    private struct Entry {
        var key: Range<Int>
        var tokens: Range<Int>
    }

    private var slots = [Int32](repeating: -1, count: 2 * maximumEntries)
    private var entries: [Entry] = []
    private var keys: [UInt32] = []
    private var tokens: [BytePairToken] = []

    /// Appends the tokens of a word; false if it is not known.
    func appendTokens(of word: UnsafeBufferPointer<UInt32>, to result: inout [BytePairToken]) -> Bool {
        guard word.count <= Self.maximumWordLength else { return false }
        let entry = slots[slot(of: word)]
        guard entry >= 0 else { return false }
        for index in entries[Int(entry)].tokens { result.append(tokens[index]) }
        return true
    }

    /// Remembers the tokens of a word that is not known yet.
    mutating func insert(_ word: UnsafeBufferPointer<UInt32>, tokens wordTokens: ArraySlice<BytePairToken>) {
        guard word.count <= Self.maximumWordLength else { return }
        if entries.count == Self.maximumEntries { self = WordCache() }
        let (key, value) = (keys.count, tokens.count)
        slots[slot(of: word)] = Int32(entries.count)
        keys += word
        tokens += wordTokens
        entries.append(Entry(key: key..<keys.count, tokens: value..<tokens.count))
    }

    /// The slot that holds a word, or the free one where it belongs.
    private func slot(of word: UnsafeBufferPointer<UInt32>) -> Int {
        var hash: UInt64 = 0
        for scalar in word { hash = (hash ^ UInt64(scalar)) &* 0x9E37_79B9_7F4A_7C15 &+ hash >> 32 }
        var slot = Int(truncatingIfNeeded: hash >> 40) & (slots.count - 1)
        while slots[slot] >= 0, !matches(entries[Int(slots[slot])].key, word) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private func matches(_ key: Range<Int>, _ word: UnsafeBufferPointer<UInt32>) -> Bool {
        guard key.count == word.count else { return false }
        for index in word.indices where keys[key.lowerBound + index] != word[index] { return false }
        return true
    }
}
