import Models
import NIOHTTP1

/// The page of a run over HTTP: `/` is the page without anything of the run in it, `/events` what it shows as it changes,
/// `/run.json` the same once, and `/join` the join line where only this machine can ask for it, for whoever has the page's
/// key.
struct PageRoutes: Sendable {
    let feed: PageFeed
    /// Where the page is served.
    let address: HTTPAddress
    /// Who may look.
    let gate: AccessGate
    /// The key with which a browser gets the join line, and views the page where that requires a token.
    let key: PageKey
    /// What workers join with now.
    let joinLine: @Sendable () -> String

    func add(to routes: inout HTTPRoutes) {
        let page = PageMarkup.live
        let access = AccessGuard(gate: gate, isRequired: gate.rule.applies(at: address), key: key)
        routes.add(behind: PageGuard(address: address)) { routes in
            routes.get("/") { _ in HTTPReply(.ok, page, type: "text/html; charset=utf-8") }
            routes.add(behind: access) { routes in
                routes.get("/run.json") { [feed] _ in HTTPReply(.ok, feed.edition.json + "\n", type: Self.json) }
                routes.get("/events") { [feed] _ in Self.events(feed) }
            }
            guard address.isLoopback else { return }
            routes.get("/join") { [key, joinLine] request in
                key.admits(request.header("authorization"))
                    ? HTTPReply(.ok, Self.text(of: joinLine()), type: Self.json)
                    : HTTPReply(.unauthorized, "open the page with the address that the coordinator printed\n")
            }
        }
    }

    private static let json = "application/json"

    private static func text(of joinLine: String) -> String {
        JSONValue.object([.init("line", .string("lorad worker --join '\(joinLine)'"))]).text() + "\n"
    }

    private static func events(_ feed: PageFeed) -> HTTPReply {
        guard let place = PageFeed.Place(in: feed) else {
            return HTTPReply(
                .serviceUnavailable, "\(PageFeed.readerLimit) browsers already show this run: close one\n")
        }
        return HTTPReply(streaming: "text/event-stream") { stream in
            defer { withExtendedLifetime(place) {} }
            try await feed.stream { try await stream.write($0) }
        }
    }
}

/// Refuses requests by a name that a stranger's page may have given this machine, and tells browsers what the page may
/// do: nothing but what it brings with it.
struct PageGuard: HTTPGuard {
    /// Where the page is served.
    let address: HTTPAddress
    /// The option that names the address.
    var option = "--dashboard"

    var headers: [(name: String, value: String)] { Self.headers }

    func refusal(of request: HTTPRequest) -> HTTPReply? {
        guard !address.isMeant(by: request.header("host")) else { return nil }
        return HTTPReply(
            .misdirectedRequest, "open this with an IP address, localhost, or the name given to \(option)\n")
    }

    static let headers: [(name: String, value: String)] = [
        ("Content-Security-Policy", PageMarkup.policy + "; connect-src 'self'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
}
