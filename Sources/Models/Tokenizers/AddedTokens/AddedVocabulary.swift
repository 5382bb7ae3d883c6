/// The tokens a tokenizer has beside its model's: found in the text first, left whole, and skipped in decoding where
/// they are special.
struct AddedVocabulary: Sendable {
    /// Ids by content.
    private(set) var ids = Vocabulary()
    private var tokens: [Int32: AddedToken] = [:]
    /// What decoding sees of tokens that normalisation changes.
    private var decoded: [Int32: [UInt32]] = [:]
    private var skipped: Set<Int32> = []
    /// The tokens whose matches depend on what is beside them.
    private var conditional: Set<Int32> = []
    private var exact = TokenTrie()
    private var normalized = TokenTrie()

    /// Gives each token its id: the model's where the model has it, otherwise the next one that is free.
    init(_ added: [AddedToken], model: Vocabulary, normalizer: (any Normalizer)?) {
        var nextID = model.count
        for token in added where !token.content.isEmpty {
            let content = Array(token.content.utf8)
            var id = ids.id(of: content) ?? model.id(of: content)
            if id == nil {
                id = nextID
                nextID += 1
            }
            if let id { insert(token, id: Int32(id), normalizer) }
        }
        for (id, scalars) in decoded { markSkipped(id, scalars) }
        for (id, token) in tokens where decoded[id] == nil {
            markSkipped(id, token.content.unicodeScalars.map(\.value))
        }
    }

    /// The tokens with their ids, by id.
    var entries: [(id: Int, token: AddedToken)] { tokens.map { (Int($0.key), $0.value) }.sorted { $0.0 < $1.0 } }

    private mutating func insert(_ token: AddedToken, id: Int32, _ normalizer: (any Normalizer)?) {
        let scalars = token.content.unicodeScalars.map(\.value)
        ids.insert(Array(token.content.utf8), id: Int(id))
        tokens[id] = token
        if token.isSingleWord || token.stripsLeft || token.stripsRight { conditional.insert(id) }
        guard token.isNormalized else { return exact.insert(scalars, id: id) }
        var text = AlignedText(scalars)
        normalizer?.normalize(&text)
        if text.scalars != scalars { decoded[id] = text.scalars }
        normalized.insert(text.scalars, id: id)
    }

    /// Decoding skips a token whose decoded form is the content of a special one.
    private mutating func markSkipped(_ id: Int32, _ form: [UInt32]) {
        let isSpecial = ids.id(of: UTF8Bytes.bytes(form)).flatMap { tokens[Int32($0)] }?.isSpecial ?? false
        if isSpecial { skipped.insert(id) }
    }

    /// What decoding starts from for this id, if it is an added token's.
    func decodedForm(of id: Int) -> [UInt32]? {
        guard let id = Int32(exactly: id) else { return nil }
        return decoded[id] ?? tokens[id].map { $0.content.unicodeScalars.map(\.value) }
    }

    /// The content of the added token with this id.
    func content(of id: Int) -> String? { Int32(exactly: id).flatMap { tokens[$0] }?.content }

    /// Whether decoding skips this id when it skips special tokens.
    func isSkipped(_ id: Int) -> Bool { Int32(exactly: id).map(skipped.contains) ?? false }

    /// Cuts the tokens that match the text as it was given out of it.
    func extractExact(from text: inout PreTokenizedText) { extract(exact, from: &text) }

    /// Cuts the tokens that match normalised text out of it.
    func extractNormalized(from text: inout PreTokenizedText) { extract(normalized, from: &text) }

    private func extract(_ trie: TokenTrie, from text: inout PreTokenizedText) {
        guard !trie.isEmpty else { return }
        text.split { scalars, pieces in
            var (position, pieceStart) = (0, 0)
            while position < scalars.count {
                guard let (end, id) = trie.longestMatch(in: scalars, at: position) else {
                    position += 1
                    continue
                }
                if let range = extent(of: id, position..<end, in: scalars, after: pieceStart) {
                    if pieceStart < range.lowerBound { pieces.append(TextPiece(range: pieceStart..<range.lowerBound)) }
                    pieces.append(TextPiece(range: range, addedToken: id))
                    pieceStart = range.upperBound
                }
                position = end
            }
            if pieceStart < scalars.count { pieces.append(TextPiece(range: pieceStart..<scalars.count)) }
        }
    }

    /// What a match takes of the text: white space beside it if the token strips, nothing if it has to be a word and
    /// is not.
    private func extent(
        of id: Int32, _ match: Range<Int>, in text: UnsafeBufferPointer<UInt32>, after limit: Int
    ) -> Range<Int>? {
        var (start, end) = (match.lowerBound, match.upperBound)
        guard conditional.contains(id), let token = tokens[id] else { return start..<end }
        if token.isSingleWord {
            if start > 0, WordScalars.set.contains(text[start - 1]) { return nil }
            if end < text.count, WordScalars.set.contains(text[end]) { return nil }
        }
        if token.stripsLeft {
            while start > 0, ScalarCategory.isWhitespace(text[start - 1]) { start -= 1 }
            start = max(start, limit)
        }
        if token.stripsRight {
            while end < text.count, ScalarCategory.isWhitespace(text[end]) { end += 1 }
        }
        return start..<max(start, end)
    }
}
