/// How much white space each token of a vocabulary begins and ends with.
struct TokenSpaces: Sendable {
    private var leading: [UInt16]
    private var trailing: [UInt16]

    /// Counts the white space of all tokens.
    init(_ vocabulary: Vocabulary) {
        var leading = [UInt16](repeating: 0, count: vocabulary.idLimit)
        var trailing = leading
        vocabulary.forEach { token, id in
            let scalars = UTF8Bytes.scalars(token)
            leading[id] = Self.count(scalars)
            trailing[id] = Self.count(scalars.reversed())
        }
        (self.leading, self.trailing) = (leading, trailing)
    }

    /// Notes the white space of a token of the vocabulary.
    func count(_ token: inout EncodedToken) {
        token.leadingSpaces = leading[Int(token.id)]
        token.trailingSpaces = trailing[Int(token.id)]
    }

    /// How many scalars of white space, written out or as byte-level vocabularies do, a text begins with.
    static func count(_ scalars: some Sequence<UInt32>) -> UInt16 {
        var count: UInt16 = 0
        for scalar in scalars where count < .max {
            guard scalar == ByteAlphabet.space || ScalarCategory.isWhitespace(scalar) else { break }
            count += 1
        }
        return count
    }
}

extension EncodedToken {
    /// Notes the white space of a token's text.
    mutating func countSpaces(in text: Slice<UnsafeBufferPointer<UInt32>>) {
        leadingSpaces = TokenSpaces.count(text)
        trailingSpaces = TokenSpaces.count(text.reversed())
    }
}
