import Foundation

/// A normalisation form of Unicode (UAX 15).
protocol UnicodeForm: Normalizer {
    /// The first scalar that the form may change.
    static var firstAffected: UInt32 { get }

    init()

    /// The text in this form.
    static func normalized(_ text: String) -> String

    /// What becomes of each scalar.
    static func changes(_ scalars: [UInt32]) -> [AlignedText.Change]
}

extension UnicodeForm {
    init(_ section: TokenizerSection) throws { self.init() }

    /// Most text is in the form already, and finding that out is cheap.
    func normalize(_ text: inout AlignedText) {
        guard text.scalars.contains(where: { $0 >= Self.firstAffected }) else { return }
        var view = String.UnicodeScalarView()
        for scalar in text.scalars { if let scalar = Unicode.Scalar(scalar) { view.append(scalar) } }
        let string = String(view)
        guard !Self.normalized(string).unicodeScalars.elementsEqual(string.unicodeScalars) else { return }
        text.transform(Self.changes(text.scalars))
    }
}
