import Testing

@testable import Models

@Suite("Tokenizer patterns") struct TokenizerPatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> [String] {
        let scalars = text.unicodeScalars.map(\.value)
        let compiled = try ScalarPattern(pattern)
        var ranges: [Range<Int>] = []
        scalars.withUnsafeBufferPointer { compiled.appendMatches(in: $0, to: &ranges) }
        return ranges.map { String(decoding: UTF8Bytes.bytes(scalars[$0]), as: UTF8.self) }
    }

    @Test(
        "Constructs mean what they mean in Oniguruma",
        arguments: [
            (#"\s+(?!\S)|\s+"#, "a   b ", ["  ", " ", " "]),
            (#"(?i:'s|'ll)"#, "'S 'ſ 'lL", ["'S", "'ſ", "'lL"]),
            (#"\p{N}{1,3}"#, "1234567", ["123", "456", "7"]),
            (#"\p{N}{1,3}+"#, "1234567", ["1234567"]),
            (#"[^\s\p{L}\p{N}]+"#, "a--b…c", ["--", "…"]),
            (#"a++b|a+"#, "aaab aa", ["aaab", "aa"]),
            (#"a++a"#, "aaa", []),
            (#"a+?"#, "aaa", ["a", "a", "a"]),
            (#"(ab|a)(bc)?"#, "abc ab", ["ab", "ab"]),
            (#"(?>ab|a)c"#, "abc ac", ["abc", "ac"]),
            (#"^b|c$"#, "b\nbc\nc", ["b", "b", "c", "c"]),
            (#"(?=ab)a"#, "ab ac", ["a"]),
            (#"[\x41-\x{43}]"#, "ABCD", ["A", "B", "C"]),
            (#"[a-c[x-z]]+|\P{L}"#, "abxy1", ["abxy", "1"]),
            (#".+"#, "ab\nc", ["ab", "c"]),
            (#"x*"#, "axb", ["", "x", ""]),
        ])
    func matchesAsOniguruma(pattern: String, text: String, expected: [String]) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test(
        "What is not known is refused",
        arguments: [
            #"(?<=a)b"#, #"(a)\1"#, #"\p{Han}"#, #"[[:alpha:]]"#, #"[a&&b]"#, "(a", "a)", "*a", #"a{2}?"#, "[a", #"\q"#,
            "(a*)*", "(?x)a", "a{9999}",
        ])
    func refusesUnknown(pattern: String) {
        #expect(throws: PatternError.self) { try ScalarPattern(pattern) }
    }

    @Test("A pattern without end in its groups is refused, not followed")
    func refusesDeepGroups() {
        #expect(throws: PatternError.self) { try ScalarPattern(String(repeating: "(", count: 100_000)) }
    }
}
