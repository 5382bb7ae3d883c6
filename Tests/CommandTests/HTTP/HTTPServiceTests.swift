import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import lorad

@Suite("Answers over HTTP", .ownThreads, .timeLimit(.minutes(5)))
struct HTTPServiceTests {
    private func service(patience: TimeAmount = .seconds(30), _ stop: @escaping @Sendable () -> Void = {}) throws
        -> HTTPService
    {
        var routes = HTTPRoutes()
        routes.get("/") { HTTPReply(.ok, "\($0.parameter("last") ?? "none") \($0.header("x-word") ?? "no word")") }
        routes.post(under: "/names") { HTTPReply(.ok, "\($0.name): \($0.body.map { "\($0.count)" } ?? "too long")") }
        routes.get("/stream") { _ in
            HTTPReply(streaming: "text/event-stream") { stream in
                defer { stop() }
                while true { try await stream.write(String(repeating: "x", count: 1 << 16)) }
            }
        }
        return try HTTPService(
            HTTPAddress(host: "127.0.0.1", port: 0), routes, option: "--dashboard", patience: patience)
    }

    private func ask(_ service: HTTPService, _ text: String) throws -> String {
        try TestSocket(port: service.address.port).ask(text)
    }

    @Test("come one after the other on a connection, with the query and single headers")
    func several() throws {
        let service = try service()
        defer { service.stop() }
        let answers = try ask(
            service,
            "GET /?first=1&last=7 HTTP/1.1\r\nHost: a\r\nX-Word: yes\r\n\r\n"
                + "POST /names/one HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                + "GET / HTTP/1.1\r\nHost: a\r\nX-Word: yes\r\nX-Word: no\r\nConnection: close\r\n\r\n")
        let bodies = answers.components(separatedBy: "HTTP/1.1 200 OK\r\n").compactMap {
            $0.components(separatedBy: "\r\n\r\n").last
        }
        #expect(bodies == ["", "7 yes", "one: 3", "none no word"], "\(answers)")
    }

    @Test("are refusals where nothing is served, and end at once after a body that is too long")
    func refusals() throws {
        let service = try service()
        defer { service.stop() }
        let close = "Host: a\r\nConnection: close\r\n\r\n"
        for request in ["GET /names/one", "POST /", "POST /names/one/two", "POST /names", "GET /other", "PUT /"] {
            #expect(try ask(service, "\(request) HTTP/1.1\r\n\(close)").hasPrefix("HTTP/1.1 404"), "\(request)")
        }
        let head = try ask(service, "HEAD / HTTP/1.1\r\n\(close)")
        #expect(head.hasPrefix("HTTP/1.1 404") && head.hasSuffix("\r\n\r\n"))
        let half = String(repeating: "x", count: HTTPConversation.bodyLimit + 1)
        let long = try ask(service, "POST /names/one HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n\(half)")
        #expect(long.hasPrefix("HTTP/1.1 200") && long.hasSuffix("one: too long"), "\(long)")
        #expect(try ask(service, "nonsense\r\n\r\n").hasPrefix("HTTP/1.1 400"))
    }

    @Test("are not waited for longer than a while: half a request, and one after an answer that never comes")
    func silence() throws {
        let service = try service(patience: .seconds(2))
        defer { service.stop() }
        #expect(try ask(service, "") == "")
        #expect(try ask(service, "POST /names/one HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc") == "")
        #expect(try ask(service, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("none no word"))
    }

    @Test("end where nobody takes them any more, and make room for connections that waited")
    func streams() async throws {
        let ended = DispatchSemaphore(value: 0)
        let service = try service(patience: .milliseconds(500)) { ended.signal() }
        defer { service.stop() }
        // Seventy that read nothing: sixty-four are served at once, and each is closed in the end.
        let readers = try (0..<70).map { _ in try IdleReader(port: service.address.port) }
        for _ in readers { await wait(ended) }
        #expect(try ask(service, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").hasSuffix("none no word"))
        withExtendedLifetime(readers) {}
    }

    @Test(
        "are given under any spelling of a path",
        arguments: [
            "GET //?last=7", "GET http://a/?last=7", "GET http://a?last=7", "POST /names/one/", "POST //names//one",
            "POST http://a/names/one",
        ])
    func spellings(request: String) throws {
        let service = try service()
        defer { service.stop() }
        let answer = try ask(service, "\(request) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.hasSuffix(request.hasPrefix("GET") ? "7 no word" : "one: 0"), "\(answer)")
    }

    @Test("come to whoever says that nothing more will be asked, one for each request")
    func halfClosed() throws {
        let service = try service(patience: .hours(1))
        defer { service.stop() }
        let answers = try TestSocket(port: service.address.port)
            .ask("GET /?last=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /?last=2 HTTP/1.1\r\nHost: a\r\n\r\n", isLast: true)
        #expect(answers.contains("1 no word") && answers.hasSuffix("2 no word"), "\(answers)")
        _ = try TestSocket(port: service.address.port).ask("GET / HT", isLast: true)
        #expect(try TestSocket(port: service.address.port).ask("", isLast: true) == "")
    }

    @Test("come soon though others hold every connection, silent or after an answer")
    func crowd() throws {
        let service = try service(patience: .hours(1))
        defer { service.stop() }
        let others = try (0..<70).map { number in
            let file = try TestSocket(port: service.address.port).open()
            if number % 2 == 0 { try file.write(contentsOf: Data("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)) }
            return file
        }
        #expect(try ask(service, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").hasSuffix("none no word"))
        withExtendedLifetime(others) {}
    }

    private func wait(_ semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            Thread {
                semaphore.wait()
                continuation.resume()
            }.start()
        }
    }
}

/// Asks for a stream and reads nothing of it.
private final class IdleReader {
    private let file: FileHandle

    init(port: Int) throws {
        file = try TestSocket(port: port).open()
        try file.write(contentsOf: Data("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    }
}
