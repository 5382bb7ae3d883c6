/// Text of tokens as they come: never half a character, and together what decoding all of them at once gives, but for a
/// character that is incomplete at the end. (Byte tokens that are no UTF-8 spoil the characters before them when decoded
/// all at once, but not here, where those were handed out.)
///
/// What a token adds can depend on those before it (a space between words, bytes of one character), so each is decoded
/// together with the last tokens whose text was complete, and what is new is handed out. Text that ends in U+FFFD waits:
/// bytes of a character may be missing.
struct TextStream {
    private let tokenizer: Tokenizer
    private var ids: [Int] = []
    /// How many of `ids` are context only: their text was handed out.
    private var known = 0
    private var knownText = ""

    init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// The text that a token completes; empty while a character is incomplete.
    mutating func text(after token: Int32) -> String {
        ids.append(Int(token))
        let whole = tokenizer.decode(ids)
        guard whole.utf8.count > knownText.utf8.count, whole.unicodeScalars.last != "\u{FFFD}" else { return "" }
        let new = whole.removing(knownText)
        ids.removeFirst(known)
        known = ids.count
        knownText = tokenizer.decode(ids)
        return new
    }

    /// What was held back, at the end of the text, without a character that never became complete.
    func rest() -> String {
        var whole = tokenizer.decode(ids)
        while whole.unicodeScalars.last == "\u{FFFD}" { whole.unicodeScalars.removeLast() }
        return whole.removing(knownText)
    }
}

extension String {
    /// The text behind a beginning of that many bytes.
    fileprivate func removing(_ beginning: String) -> String {
        String(decoding: utf8.dropFirst(beginning.utf8.count), as: UTF8.self)
    }
}
