/// The mark that SentencePiece vocabularies write for a space, at the start of words.
enum WordMark {
    /// U+2581, lower one eighth block.
    static let scalar: UInt32 = 0x2581

    /// Whether cutting a text wherever the mark follows another scalar leaves its tokens as they are: the mark is a
    /// token, and no merge makes a token in which it follows anything but itself.
    static func isSafe(in vocabulary: Vocabulary, merges: [Int]) -> Bool {
        guard vocabulary.id(of: "\u{2581}") != nil else { return false }
        return merges.allSatisfy { id in
            let scalars = String(decoding: vocabulary.token(of: id) ?? [], as: UTF8.self).unicodeScalars
            return !scalars.drop { $0.value == scalar }.contains { $0.value == scalar }
        }
    }
}
