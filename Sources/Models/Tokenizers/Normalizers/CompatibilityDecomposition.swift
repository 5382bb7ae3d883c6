import Foundation

/// Normalisation form NFKD.
struct CompatibilityDecomposition: UnicodeForm {
    static let firstAffected: UInt32 = 0xA0

    static func normalized(_ text: String) -> String { text.decomposedStringWithCompatibilityMapping }

    static func changes(_ scalars: [UInt32]) -> [AlignedText.Change] {
        Decomposition.changes(scalars, isCompatible: true)
    }
}
