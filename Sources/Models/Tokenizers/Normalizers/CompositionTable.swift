import Foundation

/// The pairs of scalars that compose to one (the primary composites of UAX 15).
struct CompositionTable: Sendable {
    static let canonical = CompositionTable(.canonical)

    private var pairs = PairTable()
    /// Whether each scalar below 30000 may change when a text is composed.
    private var affected = [Bool](repeating: false, count: 0x30000)

    private init(_ decompositions: DecompositionTable) {
        for scalar in 0x300..<affected.count where Decomposition.combiningClass(UInt32(scalar)) != 0 {
            affected[scalar] = true
        }
        for (composed, parts) in decompositions.parts {
            guard let pair = Self.pair(composed, parts) else {
                affected[Int(composed)] = true
                continue
            }
            pairs.insert(PairTable.key(pair.first, pair.second), UInt64(composed))
            affected[Int(pair.second)] = true
        }
    }

    /// The scalar that two compose to.
    func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        Hangul.composition(first, second) ?? pairs[PairTable.key(first, second)].map { UInt32($0) }
    }

    /// Whether a text with this scalar may change when it is composed.
    func mayChange(_ scalar: UInt32) -> Bool {
        scalar >= 0x300 && Int(scalar) < affected.count && (affected[Int(scalar)] || Hangul.joins(scalar))
    }

    /// The last pair that is joined on the way to a composed scalar; `nil` if nothing composes to it.
    private static func pair(_ composed: UInt32, _ parts: [UInt32]) -> (first: UInt32, second: UInt32)? {
        guard parts.count > 1, compose([composed]) == [composed], let last = parts.last else { return nil }
        let first = compose(Array(parts.dropLast()))
        return first.count == 1 ? (first[0], last) : nil
    }

    private static func compose(_ scalars: [UInt32]) -> [UInt32] {
        String(decoding: UTF8Bytes.bytes(scalars), as: UTF8.self).precomposedStringWithCanonicalMapping.unicodeScalars
            .map(\.value)
    }
}
