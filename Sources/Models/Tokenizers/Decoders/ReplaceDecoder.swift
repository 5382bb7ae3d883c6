/// Replaces every match of a pattern in a token with a text.
struct ReplaceDecoder: TokenDecoder {
    private let pattern: ScalarPattern
    private let content: [UInt32]

    init(_ section: TokenizerSection) throws {
        pattern = try ScalarPattern(section)
        content = try section.string("content").unicodeScalars.map(\.value)
    }

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] { tokens.map(replace) }

    private func replace(_ token: [UInt32]) -> [UInt32] {
        var matches: [Range<Int>] = []
        token.withUnsafeBufferPointer { pattern.appendMatches(in: $0, to: &matches) }
        var result: [UInt32] = []
        var position = 0
        for match in matches {
            result += token[position..<match.lowerBound]
            result += content
            position = match.upperBound
        }
        return result + token[position...]
    }
}
