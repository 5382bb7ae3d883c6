/// The words of a caption as caption scores count them: in lower case, punctuation left out, contractions taken apart
/// ("don't" is "do", "n't").
///
/// After the Penn Treebank's rules, which COCO's evaluation applies through Stanford's tokenizer; of its long list of
/// abbreviations that keep their point the common ones are here.
enum CaptionWords {
    /// The words of a text.
    static func of(_ text: String) -> [String] {
        text.lowercased().unicodeScalars.split(whereSeparator: \.properties.isWhitespace)
            .flatMap { words(Array($0)) }
    }

    private typealias Scalars = [Unicode.Scalar]

    /// Signs with a name of their own; they count as words.
    private static let named: [Unicode.Scalar: String] = [
        "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
    ]
    /// Signs that count as words.
    private static let signs: Set<Unicode.Scalar> = ["$", "%", "&", "#", "@", "*", "=", "+", "<", ">", "|"]
    private static let abbreviations = Set(["mr", "mrs", "ms", "dr", "st", "jr", "sr", "vs", "ave", "mt", "etc"])
    private static let parted = [
        "cannot": ["can", "not"], "gonna": ["gon", "na"], "wanna": ["wan", "na"], "gotta": ["got", "ta"],
    ]
    private static let endings: [Scalars] = ["'s", "'m", "'d", "'re", "'ve", "'ll", "n't"].map {
        Array($0.unicodeScalars)
    }

    private static func words(_ scalars: Scalars) -> [String] {
        var (found, word): ([String], Scalars) = ([], [])
        let flush = {
            found += contraction(word)
            word = []
        }
        for (index, scalar) in scalars.enumerated() {
            let next = index + 1 < scalars.count ? scalars[index + 1] : nil
            if isPart(scalar, after: word.last, before: next) || scalar == "." && isAbbreviation(word, before: next) {
                word.append(scalar == "\u{2019}" ? "'" : scalar)
            } else {
                flush()
                if let name = named[scalar] { found.append(name) }
                if signs.contains(scalar) { found.append(String(scalar)) }
            }
        }
        flush()
        return found
    }

    /// Letters and digits, and what joins them: hyphens and apostrophes between them, points and commas between digits.
    private static func isPart(
        _ scalar: Unicode.Scalar, after last: Unicode.Scalar?, before next: Unicode.Scalar?
    ) -> Bool {
        if scalar.isWordPart { return true }
        guard let last, let next, last.isWordPart, next.isWordPart else { return false }
        switch scalar {
        case "-", "'", "\u{2019}", "_", "/": return true
        case ".", ",", ":": return last.properties.numericType != nil && next.properties.numericType != nil
        default: return false
        }
    }

    /// Whether a point belongs to what comes before it: "mr.", "u.s.".
    private static func isAbbreviation(_ word: Scalars, before next: Unicode.Scalar?) -> Bool {
        if abbreviations.contains(text(word[...])) { return true }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.count == 1 && $0.first?.properties.isAlphabetic == true }) else { return false }
        return parts.count > 1 || next?.properties.isAlphabetic == true
    }

    /// A word, or its stem and ending.
    private static func contraction(_ word: Scalars) -> [String] {
        guard !word.isEmpty else { return [] }
        if let parts = parted[text(word[...])] { return parts }
        for ending in endings where word.count > ending.count && word.suffix(ending.count).elementsEqual(ending) {
            return [text(word.dropLast(ending.count)), text(ending[...])]
        }
        return [text(word[...])]
    }

    private static func text(_ scalars: Scalars.SubSequence) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}

extension Unicode.Scalar {
    fileprivate var isWordPart: Bool { properties.isAlphabetic || properties.numericType != nil }
}
