/// Turns runs of byte tokens into text, or into one U+FFFD each where they are not UTF-8.
struct ByteFallbackDecoder: TokenDecoder {
    init(_ section: TokenizerSection) throws {}

    func decode(_ tokens: [[UInt32]]) -> [[UInt32]] {
        var result: [[UInt32]] = []
        var bytes: [UInt8] = []
        for token in tokens {
            if let byte = ByteTokens.byte(token) {
                bytes.append(byte)
            } else {
                Self.flush(&bytes, to: &result)
                result.append(token)
            }
        }
        Self.flush(&bytes, to: &result)
        return result
    }

    private static func flush(_ bytes: inout [UInt8], to result: inout [[UInt32]]) {
        guard !bytes.isEmpty else { return }
        if let text = String(validating: bytes, as: UTF8.self) {
            result.append(text.unicodeScalars.map(\.value))
        } else {
            result += repeatElement([0xFFFD], count: bytes.count)
        }
        bytes.removeAll()
    }
}
