/// ROUGE-L (Lin 2004): the harmonic mean of the parts of text and reference that their longest common subsequence of words
/// makes up; the best of several references.
///
/// As in the package rouge-score without stemming: words are runs of the letters a to z and digits, in lower case.
enum RougeL {
    /// The score, from 0 to 1.
    static func of(_ prediction: String, _ references: [String]) -> Double {
        let words = words(prediction)
        return references.map { score(words, self.words($0)) }.max() ?? 0
    }

    private static func words(_ text: String) -> [Substring.UnicodeScalarView] {
        text.lowercased()[...].unicodeScalars.split { scalar in
            !("a"..."z" as ClosedRange<Unicode.Scalar>).contains(scalar) && !("0"..."9").contains(scalar)
        }
    }

    private static func score(_ a: [Substring.UnicodeScalarView], _ b: [Substring.UnicodeScalarView]) -> Double {
        let (a, b) = (a.map(String.init), b.map(String.init))
        let common = Double(commonLength(a, b))
        guard common > 0 else { return 0 }
        let (precision, recall) = (common / Double(a.count), common / Double(b.count))
        return 2 * precision * recall / (precision + recall)
    }

    /// The length of the longest common subsequence, row by row of the usual table.
    private static func commonLength(_ a: [String], _ b: [String]) -> Int {
        var row = [Int](repeating: 0, count: b.count + 1)
        for word in a {
            var diagonal = 0
            for (index, other) in b.enumerated() {
                let above = row[index + 1]
                row[index + 1] = word == other ? diagonal + 1 : max(above, row[index])
                diagonal = above
            }
        }
        return row[b.count]
    }
}
