/// Writes a word mark for each space, before the text if asked to, and cuts before the marks.
struct MetaspacePreTokenizer: PreTokenizer {
    private let mark: UInt32
    private let scheme: PrependScheme
    private let splits: Bool

    init(_ section: TokenizerSection) throws {
        mark = try section.scalar("replacement")
        scheme = try PrependScheme(section)
        splits = try section.bool("split", default: true)
    }

    func preTokenize(_ text: inout PreTokenizedText) {
        text.substitute(0x20, mark)
        if let first = text.pieces.first, scheme == .always || scheme == .first && text.origin(of: first) == 0 {
            prependMarks(&text)
        }
        if splits { text.split(.mergedWithNext) { $0 == mark } }
    }

    private func prependMarks(_ text: inout PreTokenizedText) {
        text.transform { piece in
            guard let first = piece.spans.first, scheme == .always || first.start == 0 else { return }
            if piece.scalars.first != mark { piece.prepend([mark]) }
        }
    }
}
