/// Learns byte-pair merges (Sennrich, Haddow and Birch 2016, arXiv:1508.07909): the most frequent pair of neighbouring
/// symbols within words becomes one symbol, until every word is one.
struct BytePairTrainer {
    /// Pairs in the order in which they are merged.
    private(set) var merges: [(String, String)] = []
    private var words: [(symbols: [String], count: Int)]

    /// - Parameter texts: of ASCII; a word is what lies between spaces with the space before it, or a punctuation mark.
    init(_ texts: some Sequence<String>) {
        var counts: [String: Int] = [:]
        for word in texts.flatMap(Self.words) { counts[word, default: 0] += 1 }
        words = counts.sorted { $0.key < $1.key }.map { ($0.key.map(String.init), $0.value) }
        while let pair = mostFrequentPair { merge(pair) }
    }

    /// A word's spaces are written as byte-level vocabularies write them.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for character in text {
            if character.isLetter, let last = words.last?.last, last.isLetter {
                words[words.count - 1].append(character)
            } else {
                words.append(character == " " ? ByteAlphabet.space : String(character))
            }
        }
        return words
    }

    /// Of equally frequent ones the first in alphabetical order; `nil` if all words are single symbols.
    private var mostFrequentPair: (String, String)? {
        var counts: [[String]: Int] = [:]
        for word in words {
            for pair in zip(word.symbols, word.symbols.dropFirst()) {
                counts[[pair.0, pair.1], default: 0] += word.count
            }
        }
        let best = counts.min { ($1.value, $0.key[0], $0.key[1]) < ($0.value, $1.key[0], $1.key[1]) }
        return best.map { ($0.key[0], $0.key[1]) }
    }

    private mutating func merge(_ pair: (String, String)) {
        merges.append(pair)
        for index in words.indices {
            words[index].symbols = words[index].symbols.reduce(into: []) { symbols, symbol in
                if symbols.last == pair.0, symbol == pair.1 {
                    symbols[symbols.count - 1] += symbol
                } else {
                    symbols.append(symbol)
                }
            }
        }
    }
}

/// How byte-level vocabularies write bytes: printable ones of Latin-1 as themselves, the rest as letters from U+0100 on
/// (Radford et al. 2019, GPT-2).
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [String] = {
        let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF].joined()
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            let scalar = printable.contains(byte) ? UInt32(byte) : next
            if !printable.contains(byte) { next += 1 }
            return Unicode.Scalar(scalar).map(String.init) ?? ""
        }
    }()

    /// The character of the space.
    static let space = characters[0x20]
}
