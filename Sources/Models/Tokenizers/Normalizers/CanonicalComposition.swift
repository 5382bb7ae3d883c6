import Foundation

/// Normalisation form NFC.
struct CanonicalComposition: UnicodeForm {
    static let firstAffected: UInt32 = 0x300

    static func normalized(_ text: String) -> String { text.precomposedStringWithCanonicalMapping }

    static func changes(_ scalars: [UInt32]) -> [AlignedText.Change] {
        Composition.changes(Decomposition.changes(scalars, isCompatible: false))
    }
}
