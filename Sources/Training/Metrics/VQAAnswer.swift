/// An answer in the form that VQA v2 compares: without punctuation and articles, numbers as digits, contractions with
/// their apostrophes (arXiv:1505.00468; evaluation code of the VQA challenge).
struct VQAAnswer: Equatable {
    let text: String

    init(_ answer: String) {
        let flat = answer.unicodeScalars.map { $0 == "\n" || $0 == "\t" ? " " : $0 }
        text = Self.words(Self.withoutPunctuation(Self.trimmed(flat)))
    }

    private typealias Scalars = [Unicode.Scalar]

    private static let punctuation: Scalars = [
        ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!",
    ]
    private static let articles: Set<String> = ["a", "an", "the"]
    private static let digits = [
        "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
        "seven": "7", "eight": "8", "nine": "9", "ten": "10",
    ]

    private static func trimmed(_ scalars: Scalars) -> Scalars {
        let isBlank = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        return Array(scalars.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// A mark beside a space anywhere in the text goes wherever it stands; elsewhere it becomes a space. All go where a
    /// comma stands between two digits. Full stops go but before digits.
    private static func withoutPunctuation(_ scalars: Scalars) -> Scalars {
        let pairs = Array(zip(scalars, scalars.dropFirst()))
        let hasGroupedDigits = zip(pairs, scalars.dropFirst(2)).contains { pair, third in
            pair.1 == "," && pair.0.isDigit && third.isDigit
        }
        let removed = punctuation.filter { mark in
            hasGroupedDigits || pairs.contains { $0 == (mark, " ") || $0 == (" ", mark) }
        }
        let kept = scalars.compactMap { scalar -> Unicode.Scalar? in
            guard punctuation.contains(scalar) else { return scalar }
            return removed.contains(scalar) ? nil : " "
        }
        return kept.indices.filter { index in
            kept[index] != "." || index + 1 < kept.count && kept[index + 1].isDigit
        }.map { kept[$0] }
    }

    private static func words(_ scalars: Scalars) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text).lowercased().unicodeScalars.split(whereSeparator: \.properties.isWhitespace)
            .map { String($0) }.map { digits[$0] ?? $0 }.filter { !articles.contains($0) }
            .map { VQAContractions.byMisspelling[$0] ?? $0 }.joined(separator: " ")
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { properties.generalCategory == .decimalNumber }
}
