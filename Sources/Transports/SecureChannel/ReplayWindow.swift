/// Remembers which of the latest sequence numbers were seen: a bitmap that slides by whole words (RFC 6479).
///
/// A number more than `width` below the highest seen counts as seen.
struct ReplayWindow: Sendable {
    static let width: UInt64 = 2048

    private var highest: UInt64 = 0
    /// One word more than the width, so that the words that slide in can be cleared as a whole.
    private var words = [UInt64](repeating: 0, count: Int(width / 64) + 1)

    /// Whether a number was not seen before; nothing is remembered.
    func isFresh(_ sequence: UInt64) -> Bool {
        if sequence > highest { return true }
        guard sequence > 0, highest - sequence < Self.width else { return false }
        return words[index(sequence)] & mask(sequence) == 0
    }

    /// Remembers a number; false where it was seen before or is too old to tell.
    mutating func accept(_ sequence: UInt64) -> Bool {
        guard isFresh(sequence) else { return false }
        if sequence > highest { slide(to: sequence) }
        words[index(sequence)] |= mask(sequence)
        return true
    }

    private mutating func slide(to sequence: UInt64) {
        let steps = min(sequence / 64 - highest / 64, UInt64(words.count))
        for step in 0..<steps { words[index((sequence / 64 - step) * 64)] = 0 }
        highest = sequence
    }

    private func index(_ sequence: UInt64) -> Int { Int(sequence / 64 % UInt64(words.count)) }

    private func mask(_ sequence: UInt64) -> UInt64 { 1 << (sequence % 64) }
}
