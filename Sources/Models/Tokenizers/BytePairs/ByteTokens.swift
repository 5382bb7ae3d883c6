/// The tokens that stand for single bytes in vocabularies with byte fallback.
enum ByteTokens {
    /// The token of a byte: `<0x0A>` for a line feed.
    static func name(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
    }

    /// The byte a token stands for, if it is one of these.
    static func byte(_ token: [UInt32]) -> UInt8? {
        guard token.count == 6, token.allSatisfy({ $0 < 0x80 }), token.starts(with: [0x3C, 0x30, 0x78]),
            token[5] == 0x3E
        else { return nil }
        return UInt8(String(decoding: token[3...4].map { UInt8($0) }, as: UTF8.self), radix: 16)
    }
}
