import Foundation

/// Normalisation form NFD.
struct CanonicalDecomposition: UnicodeForm {
    static let firstAffected: UInt32 = 0xC0

    static func normalized(_ text: String) -> String { text.decomposedStringWithCanonicalMapping }

    static func changes(_ scalars: [UInt32]) -> [AlignedText.Change] {
        Decomposition.changes(scalars, isCompatible: false)
    }
}
