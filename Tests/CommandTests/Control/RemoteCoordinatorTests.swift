import NIOHTTP1
import TestSupport
import Testing

@testable import lorad

@Suite("A coordinator behind a reverse proxy", .ownThreads, .timeLimit(.minutes(5)))
struct RemoteCoordinatorTests {
    /// Asks for a pause under a path of a server that gives this answer there.
    private func pause(_ scheme: String = "http", under path: String, _ answer: HTTPReply) throws -> String {
        var routes = HTTPRoutes()
        routes.post(under: "/a%20b/actions") { _ in answer }
        let service = try HTTPService(HTTPAddress(host: "127.0.0.1", port: 0), routes, option: "--dashboard")
        defer { service.stop() }
        let coordinator = try RemoteCoordinator(
            url: "\(scheme)://\(service.address)\(path)", tokenFile: nil,
            environment: [RemoteCoordinator.variable: "token"])
        return try coordinator.perform(.pause, of: "run").text
    }

    @Test("is asked under the path as it stands in the address", arguments: ["/a%20b", "/a%20b/", "/a%20b/#key"])
    func path(text: String) throws {
        let done = HTTPReply(.ok, #"{"text": "done"}"#, type: "application/json")
        #expect(try pause(under: text, done) == "done")
        #expect(try pause("HTTP", under: text, done) == "done")
    }

    @Test("is told from a server that answers in its place")
    func others() throws {
        let page = "text/html; charset=utf-8"
        for answer in [
            HTTPReply(.ok, "<p>Sign in</p>", type: page), HTTPReply(.notFound, "<p>Nothing</p>", type: page),
            HTTPReply(.badGateway, "Bad Gateway"), HTTPReply(.found, ""),
        ] {
            let error = #expect(throws: CommandError.self) { _ = try pause(under: "/a%20b", answer) }
            #expect(error?.description.contains("HTTP \(answer.status.code) of a web server or a proxy") == true)
        }
        let refusal = #expect(throws: CommandError.self) {
            _ = try pause(under: "/a%20b", HTTPReply(.forbidden, "not this token\n"))
        }
        #expect(refusal?.description == "the coordinator refused the request (403): not this token")
    }
}
