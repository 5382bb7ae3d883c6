/// Text under normalisation: its scalars now, and for each the span of the original text it stands for.
struct AlignedText: Sendable {
    /// One scalar of a transformed text and what it did to the scalars before: 1 if it is new, 0 if it replaces one,
    /// -n if it replaces one and n more after it are gone.
    typealias Change = (scalar: UInt32, change: Int)

    private(set) var scalars: [UInt32]
    private(set) var spans: [Span]

    /// Text whose scalars stand for themselves.
    init(_ scalars: [UInt32]) {
        self.init(scalars, scalars.indices.map { Span(start: Int32($0), end: Int32($0) + 1) })
    }

    /// Text with its alignment.
    init(_ scalars: [UInt32], _ spans: [Span]) {
        self.scalars = scalars
        self.spans = spans
    }

    /// Rewrites the text: `changes` walk over the old scalars after the first `removed` of them.
    mutating func transform(_ changes: [Change], removingFirst removed: Int = 0) {
        var newScalars: [UInt32] = []
        var newSpans: [Span] = []
        newScalars.reserveCapacity(changes.count)
        newSpans.reserveCapacity(changes.count)
        var position = removed
        for (scalar, change) in changes {
            newScalars.append(scalar)
            newSpans.append(span(change > 0 ? position - 1 : position))
            if change <= 0 { position += 1 - change }
        }
        (scalars, spans) = (newScalars, newSpans)
    }

    /// Keeps the scalars that `isKept` accepts.
    mutating func filter(_ isKept: (UInt32) -> Bool) {
        let kept = scalars.indices.filter { isKept(scalars[$0]) }
        spans = kept.map { spans[$0] }
        scalars = kept.map { scalars[$0] }
    }

    /// Keeps the scalars in a range of positions.
    mutating func keep(_ range: Range<Int>) {
        scalars = Array(scalars[range])
        spans = Array(spans[range])
    }

    /// Puts scalars before the text; they stand for what its first scalar stands for.
    mutating func prepend(_ prefix: [UInt32]) {
        guard let first = spans.first else { return }
        scalars.insert(contentsOf: prefix, at: 0)
        spans.insert(contentsOf: repeatElement(first, count: prefix.count), at: 0)
    }

    /// Replaces each of the ranges, in order and apart, with `content`, which stands for the last scalar it replaced.
    mutating func replace(_ ranges: [Range<Int>], with content: [UInt32]) {
        guard !ranges.isEmpty else { return }
        var newScalars: [UInt32] = []
        var newSpans: [Span] = []
        var position = 0
        for range in ranges {
            newScalars += scalars[position..<range.lowerBound]
            newSpans += spans[position..<range.lowerBound]
            newScalars += content
            newSpans += repeatElement(span(range.upperBound - 1), count: content.count)
            position = range.upperBound
        }
        scalars = newScalars + scalars[position...]
        spans = newSpans + spans[position...]
    }

    /// The span at a position; before the first scalar it is empty, at the start of the text.
    private func span(_ position: Int) -> Span {
        guard !spans.isEmpty, position >= 0 else {
            return Span(start: spans.first?.start ?? 0, end: spans.first?.start ?? 0)
        }
        return spans[min(position, spans.count - 1)]
    }
}
