/// The tokens of a model and their ids, keyed by the tokens' exact bytes.
///
/// `String` keys would not do: Swift compares strings by canonical equivalence, and a vocabulary may hold both the
/// composed and the decomposed form of a letter.
struct Vocabulary: Sendable {
    /// The largest id taken from a file: beyond any real vocabulary, and a bound on the memory a file can ask for.
    static let maximumID = 1 << 24 - 1

    private var text: [UInt8] = []
    private var starts: [Int] = [0]
    private var ids: [Int32] = []
    private var entryOfID: [Int32] = []
    private var slots: [Int32] = Array(repeating: -1, count: 16)

    /// The number of tokens.
    var count: Int { ids.count }

    /// One more than the largest id.
    var idLimit: Int { entryOfID.count }

    /// Adds a token, or gives a known one a new id.
    mutating func insert(_ token: [UInt8], id: Int) {
        if let entry = token.withUnsafeBufferPointer({ entry(of: $0) }) {
            ids[entry] = Int32(id)
        } else {
            text.append(contentsOf: token)
            starts.append(text.count)
            ids.append(Int32(id))
            if ids.count * 2 > slots.count { grow() } else { place(ids.count - 1) }
        }
        remember(id, token)
    }

    /// The id of the token with these bytes.
    func id(of token: UnsafeBufferPointer<UInt8>) -> Int? { entry(of: token).map { Int(ids[$0]) } }

    /// The id of the token with these bytes.
    func id(of token: [UInt8]) -> Int? { token.withUnsafeBufferPointer { id(of: $0) } }

    /// The id of a token.
    func id(of token: String) -> Int? { id(of: Array(token.utf8)) }

    /// The bytes of the token with this id.
    func token(of id: Int) -> ArraySlice<UInt8>? {
        guard entryOfID.indices.contains(id), entryOfID[id] >= 0 else { return nil }
        return bytes(of: Int(entryOfID[id]))
    }

    /// Calls `body` with every token and its id.
    func forEach(_ body: (ArraySlice<UInt8>, Int) -> Void) {
        for entry in ids.indices { body(bytes(of: entry), Int(ids[entry])) }
    }

    private func bytes(of entry: Int) -> ArraySlice<UInt8> { text[starts[entry]..<starts[entry + 1]] }

    private mutating func remember(_ id: Int, _ token: [UInt8]) {
        if id >= entryOfID.count {
            entryOfID.append(contentsOf: repeatElement(-1, count: id + 1 - entryOfID.count))
        }
        entryOfID[id] = Int32(token.withUnsafeBufferPointer { entry(of: $0) } ?? -1)
    }

    private func entry(of token: UnsafeBufferPointer<UInt8>) -> Int? {
        var slot = Self.hash(token) & (slots.count - 1)
        while slots[slot] >= 0 {
            if matches(Int(slots[slot]), token) { return Int(slots[slot]) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func matches(_ entry: Int, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = starts[entry]
        guard starts[entry + 1] - start == token.count else { return false }
        for offset in 0..<token.count where text[start + offset] != token[offset] { return false }
        return true
    }

    private mutating func place(_ entry: Int) {
        var slot = bytes(of: entry).withUnsafeBufferPointer { Self.hash($0) } & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(entry)
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for entry in ids.indices { place(entry) }
    }

    /// FNV-1a, with its high bits folded into the low ones that choose the slot.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
