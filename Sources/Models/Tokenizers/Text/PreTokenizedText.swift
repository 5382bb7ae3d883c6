/// A text cut into pieces, in one buffer; pieces that are added tokens are left alone by every later step.
struct PreTokenizedText: Sendable {
    private(set) var scalars: [UInt32]
    private(set) var spans: [Span]
    private(set) var pieces: [TextPiece]

    /// A text in one piece.
    init(_ text: AlignedText) {
        scalars = text.scalars
        spans = text.spans
        pieces = scalars.isEmpty ? [] : [TextPiece(range: scalars.indices)]
    }

    /// Cuts each piece of plain text into the pieces `cut` appends, in positions within it; empty ones are dropped.
    mutating func split(_ cut: (UnsafeBufferPointer<UInt32>, inout [TextPiece]) -> Void) {
        var result: [TextPiece] = []
        result.reserveCapacity(pieces.count * 2)
        scalars.withUnsafeBufferPointer { scalars in
            for piece in pieces {
                guard piece.addedToken == nil else {
                    result.append(piece)
                    continue
                }
                let first = result.count
                cut(UnsafeBufferPointer(rebasing: scalars[piece.range]), &result)
                Self.shift(&result, from: first, by: piece.range.lowerBound)
            }
        }
        pieces = result
    }

    /// Cuts each piece of plain text at delimiters.
    mutating func split(
        _ behavior: SplitBehavior, inverted: Bool = false,
        at delimiters: (UnsafeBufferPointer<UInt32>, inout [Range<Int>]) -> Void
    ) {
        var ranges: [Range<Int>] = []
        split { scalars, pieces in
            ranges.removeAll(keepingCapacity: true)
            delimiters(scalars, &ranges)
            if ranges.isEmpty, !inverted { return pieces.append(TextPiece(range: scalars.indices)) }
            var matches = SplitMatch.covering(scalars.count, delimiters: ranges)
            if inverted { for index in matches.indices { matches[index].isDelimiter.toggle() } }
            for range in behavior.pieces(matches) { pieces.append(TextPiece(range: range)) }
        }
    }

    /// Cuts each piece of plain text at the scalars `isDelimiter` accepts.
    mutating func split(_ behavior: SplitBehavior, where isDelimiter: (UInt32) -> Bool) {
        split(behavior) { scalars, ranges in
            for index in scalars.indices where isDelimiter(scalars[index]) { ranges.append(index..<index + 1) }
        }
    }

    /// Rewrites each piece of plain text; pieces that become empty are dropped.
    mutating func transform(_ body: (inout AlignedText) -> Void) {
        rebuild { result, source, piece in
            var text = AlignedText(Array(source.scalars[piece.range]), Array(source.spans[piece.range]))
            body(&text)
            result.scalars += text.scalars
            result.spans += text.spans
        }
    }

    /// Replaces each scalar of plain text with those that `expand` appends, which stand for the same span.
    mutating func expand(_ expand: (UInt32, inout [UInt32]) -> Void) {
        rebuild { result, source, piece in
            for index in piece.range {
                expand(source.scalars[index], &result.scalars)
                repeat { result.spans.append(source.spans[index]) } while result.spans.count < result.scalars.count
            }
        }
    }

    /// Makes the text again, with what `body` appends for each piece of plain text of the old one.
    private mutating func rebuild(_ body: (inout PreTokenizedText, PreTokenizedText, TextPiece) -> Void) {
        var result = PreTokenizedText(AlignedText([], []))
        result.scalars.reserveCapacity(scalars.count + scalars.count / 2)
        result.spans.reserveCapacity(scalars.count + scalars.count / 2)
        result.pieces.reserveCapacity(pieces.count)
        for piece in pieces {
            let start = result.scalars.count
            if piece.addedToken == nil {
                body(&result, self, piece)
            } else {
                result.scalars += scalars[piece.range]
                result.spans += spans[piece.range]
            }
            guard start < result.scalars.count else { continue }
            result.pieces.append(TextPiece(range: start..<result.scalars.count, addedToken: piece.addedToken))
        }
        self = result
    }

    /// Writes one scalar for another in plain text.
    mutating func substitute(_ old: UInt32, _ new: UInt32) {
        for piece in pieces where piece.addedToken == nil {
            for index in piece.range where scalars[index] == old { scalars[index] = new }
        }
    }

    /// Where in the original text a piece begins.
    func origin(of piece: TextPiece) -> Int32 { spans[piece.range.lowerBound].start }

    private static func shift(_ pieces: inout [TextPiece], from first: Int, by offset: Int) {
        var kept = first
        for index in first..<pieces.count where !pieces[index].range.isEmpty {
            let range = pieces[index].range
            pieces[kept] = pieces[index]
            pieces[kept].range = range.lowerBound + offset..<range.upperBound + offset
            kept += 1
        }
        pieces.removeSubrange(kept...)
    }
}
