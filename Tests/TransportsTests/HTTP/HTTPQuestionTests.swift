import Foundation
import TestSupport
import Testing

@testable import Transports

@Suite("A question over HTTP", .serialized, .ownThreads, .timeLimit(.minutes(10)))
struct HTTPQuestionTests {
    /// Asks a server that gives this answer.
    private func ask(_ answer: String, limit: Int = 1_000) throws -> HTTPAnswer {
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        let server = try #require(OneAnswer(port: port, answer))
        defer { server.close() }
        let question = try HTTPQuestion(to: Endpoint("ws://127.0.0.1:\(port)"))
        let request = Data("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
        let found = try question.ask(request, limit: limit, timeout: .seconds(60))
        #expect(server.request.hasPrefix("GET /x HTTP/1.1\r\nHost: h\r\n"))
        return found
    }

    @Test("has an answer, as long as it says that it is or in chunks")
    func answers() throws {
        let plain = try ask("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef")
        #expect(plain == HTTPAnswer(status: 200, body: Data("abc".utf8)))
        let chunks = try ask(
            "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n")
        #expect(chunks == HTTPAnswer(status: 403, body: Data("abc0123456789".utf8)))
        #expect(try ask("HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n").body.isEmpty)
        let page = try ask("HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=x\r\nContent-Length: 0\r\n\r\n")
        #expect(page.type == "text/html")
    }

    @Test("is told why there is no answer")
    func failures() throws {
        expect(.malformed) { _ = try ask("SSH-2.0-x\r\n") }
        expect(.tooLarge) { _ = try ask("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 2_000)) }
        expect(.malformed) { _ = try ask("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n") }
        expect(.malformed) { _ = try ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n0\r\n\r\n") }
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        let error = #expect(throws: TransportError.self) {
            _ = try HTTPQuestion(to: Endpoint("ws://127.0.0.1:\(port)")).ask(
                Data(), limit: 10, timeout: .seconds(60))
        }
        #expect(error?.code == .unavailable && error?.message.contains("http://127.0.0.1:\(port)") == true)
    }

    @Test(
        "has no answer where the connection breaks off before it is whole",
        arguments: [
            "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        ])
    func cuts(text: String) throws {
        #expect(try HTTPAnswer.read(Data(text.utf8), isEnded: false) == nil)
        expect(.unavailable) { _ = try HTTPAnswer.read(Data(text.utf8), isEnded: true) }
    }

    @Test("takes a content without a length up to the end of the connection")
    func untilEnd() throws {
        let bytes = Data("HTTP/1.0 200 OK\r\n\r\nabc".utf8)
        #expect(try HTTPAnswer.read(bytes, isEnded: false) == nil)
        #expect(try HTTPAnswer.read(bytes, isEnded: true) == HTTPAnswer(status: 200, body: Data("abc".utf8)))
    }
}
