import Foundation

/// Normalisation form NFKC.
struct CompatibilityComposition: UnicodeForm {
    static let firstAffected: UInt32 = 0xA0

    static func normalized(_ text: String) -> String { text.precomposedStringWithCompatibilityMapping }

    static func changes(_ scalars: [UInt32]) -> [AlignedText.Change] {
        Composition.changes(Decomposition.changes(scalars, isCompatible: true))
    }
}
