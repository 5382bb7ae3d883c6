import Testing

@testable import Federation

@Suite("A worker's hello")
struct HelloTests {
    private static let names: [(given: String, shown: String)] = [
        ("site-1", "site-1"), ("../x", "../x"), ("Ward Süd 2", "Ward Süd 2"), ("a\u{1B}[2Jb", "a[2Jb"),
        ("a\r\nb\u{7F}\u{85}", "ab"), ("a\u{202E}b\u{2028}c", "abc"),
        (String(repeating: "x", count: 99), String(repeating: "x", count: 64)),
    ]

    @Test("has a name that a terminal can show as it stands", arguments: names)
    func name(given: String, shown: String) {
        var hello = WireHello()
        hello.name = given
        #expect(hello.bounded.name == shown)
    }

    @Test("has a name of few scalars, also where one character has many")
    func manyMarks() {
        var hello = WireHello()
        hello.name = "a" + String(repeating: "\u{301}", count: 10_000)
        #expect(hello.bounded.name.unicodeScalars.count == 64)
    }
}
