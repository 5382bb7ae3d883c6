import Testing

@testable import Transports

@Suite("The head of an HTTP response")
struct ResponseHeadTests {
    @Test("is read once it is whole, and nothing after it")
    func whole() throws {
        let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket\r\nX-A:  b c \t\r\nx-a: d\r\n\r\n"
        for count in 0..<text.utf8.count { #expect(try ResponseHead.read(text.utf8.prefix(count)) == nil) }
        let (head, size) = try #require(try ResponseHead.read(Array("\(text)rest".utf8)))
        #expect(size == text.utf8.count)
        #expect((head.status, head.reason) == (101, "Switching Protocols"))
        #expect(head.values(of: "x-a") == ["b c", "d"] && head.values(of: "upgrade") == ["websocket"])
        #expect(head.summary == "HTTP 101 Switching Protocols")
    }

    @Test("may have no reason and no fields")
    func short() throws {
        let (head, _) = try #require(try ResponseHead.read("HTTP/1.0 200\r\n\r\n".utf8))
        #expect((head.status, head.reason, head.fields.count) == (200, "", 0))
        #expect(head.summary == "HTTP 200")
    }

    @Test(
        "is refused where it is none",
        arguments: [
            "SSH-2.0-x\r\n\r\n", "\0", "HTTP/2 200\r\n\r\n", "HTTP/1.2 200 x\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
            "HTTP/1.1 +20 x\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 9999 x\r\n\r\n", "HTTP/1.1  200\r\n\r\n",
            "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        ])
    func malformed(_ text: String) {
        expect(.malformed) { try ResponseHead.read(text.utf8) }
    }

    @Test("is refused where it has no end")
    func endless() {
        let field = "x: \(String(repeating: "y", count: 98))\r\n"
        let text = "HTTP/1.1 200 OK\r\n" + String(repeating: field, count: 400)
        expect(.tooLarge) { try ResponseHead.read(text.utf8) }
    }

    @Test("with bytes that are no text is read, and printed as text")
    func bytes() throws {
        let bytes = Array("HTTP/1.1 500 ".utf8) + [0xFF, 0x1B, 0x00] + Array("\r\n\r\n".utf8)
        let (head, _) = try #require(try ResponseHead.read(bytes))
        #expect(head.status == 500 && !head.summary.utf8.contains(0x1B) && !head.summary.utf8.contains(0))
    }
}
