import Foundation

/// The full decompositions of all scalars that have one, Hangul syllables aside, which follow a rule.
struct DecompositionTable: Sendable {
    /// Canonical decompositions.
    static let canonical = DecompositionTable { $0.decomposedStringWithCanonicalMapping }
    /// Compatibility decompositions.
    static let compatible = DecompositionTable { $0.decomposedStringWithCompatibilityMapping }

    /// The parts of each scalar that has some.
    let parts: [UInt32: [UInt32]]

    /// Foundation's answer takes a microsecond a scalar, so the large scripts without decompositions are left out.
    private static let candidates: [ClosedRange<UInt32>] = [
        0xA0...0x33FF, 0xA000...0xABFF, 0xF900...0xFFFF, 0x10000...0x16FFF, 0x1B000...0x1FFFF, 0x2F800...0x2FA1F,
    ]

    private init(_ decompose: (String) -> String) {
        var parts: [UInt32: [UInt32]] = [:]
        for value in Self.candidates.joined() {
            guard let scalar = Unicode.Scalar(value), Decomposition.isKnown(scalar.properties) else { continue }
            let decomposed = decompose(String(scalar)).unicodeScalars.map(\.value)
            if decomposed != [value] { parts[value] = decomposed }
        }
        self.parts = parts
    }

    /// The decomposition of a scalar, or the scalar itself.
    func decomposition(of scalar: UInt32) -> [UInt32] {
        if scalar < 0xA0 { return [scalar] }
        return Hangul.decomposition(of: scalar) ?? parts[scalar] ?? [scalar]
    }
}
