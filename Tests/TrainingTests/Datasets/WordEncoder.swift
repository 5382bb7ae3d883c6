import Models
import Training

/// A tokenizer for tests: a beginning mark, then words with the space before them, line ends, and `<image>`.
struct WordEncoder: TextEncoder {
    static let imageID = 1

    func encode(_ text: String) -> (ids: [Int], offsets: [Range<Int>]) {
        var ids = [0]
        var offsets = [0..<0]
        for span in Self.spans(Array(text.unicodeScalars)) {
            let word = String(String.UnicodeScalarView(Array(text.unicodeScalars)[span]))
            ids.append(word == "<image>" ? Self.imageID : 2 + word.unicodeScalars.reduce(0) { $0 &+ Int($1.value) })
            offsets.append(span)
        }
        return (ids, offsets)
    }

    /// The texts of an example's learned tokens.
    static func learned(_ example: EncodedExample, in text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        return zip(example.labels, WordEncoder().encode(text).offsets)
            .filter { $0.0 != PackedBatch.unsupervised }
            .map { String(String.UnicodeScalarView(scalars[$0.1])) }
    }

    private static func spans(_ scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var spans: [Range<Int>] = []
        var start = 0
        while start < scalars.count {
            var end = start + 1
            if scalars[start...].starts(with: "<image>".unicodeScalars) {
                end = start + 7
            } else if scalars[start] != "\n" {
                while end < scalars.count, scalars[end] != " ", scalars[end] != "\n", scalars[end] != "<" { end += 1 }
            }
            spans.append(start..<end)
            start = end
        }
        return spans
    }
}
