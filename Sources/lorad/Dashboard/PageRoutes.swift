import Hummingbird
import Models

/// The page of a run over HTTP: `/` is the page without anything of the run in it, `/events` what it shows as it changes,
/// `/run.json` the same once, and `/join` the join line where only this machine can ask for it, for whoever has the page's
/// key.
struct PageRoutes: Sendable {
    let feed: PageFeed
    /// Where the page is served.
    let address: HTTPAddress
    /// Who may look.
    let gate: AccessGate
    /// What a browser shows to be told the join line, and to look where that takes a token.
    let key: PageKey
    /// What workers join with now.
    let joinLine: @Sendable () -> String

    func add(to router: Router<PageContext>) {
        let pages = router.group().add(middleware: PageGuard(address: address))
        let page = PageMarkup.live
        pages.get("/") { _, _ in HTTPService.response(.ok, page, type: "text/html; charset=utf-8") }
        let looks = pages.group().add(
            middleware: AccessGuard(gate: gate, isRequired: gate.rule.applies(at: address), key: key))
        looks.get("/run.json") { [feed] _, _ in
            HTTPService.response(.ok, feed.edition.json + "\n", type: Self.json)
        }
        looks.get("/events") { [feed] _, _ in Self.events(feed) }
        guard address.isLoopback else { return }
        pages.get("/join") { [key, joinLine] request, _ in
            key.admits(request.headers[.authorization])
                ? HTTPService.response(.ok, Self.text(of: joinLine()), type: Self.json)
                : HTTPService.response(.unauthorized, "open the page by the address that the coordinator printed\n")
        }
    }

    private static let json = "application/json"

    private static func text(of joinLine: String) -> String {
        JSONValue.object([.init("line", .string("lorad worker --join '\(joinLine)'"))]).text() + "\n"
    }

    private static func events(_ feed: PageFeed) -> Response {
        guard let place = PageFeed.Place(in: feed) else {
            return HTTPService.response(
                .serviceUnavailable, "\(PageFeed.readerLimit) browsers look at this run already: close one\n")
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in
                defer { withExtendedLifetime(place) {} }
                try await feed.stream(to: &writer)
                try await writer.finish(nil)
            })
    }
}

/// Refuses requests by a name that a stranger's page may have given this machine, and tells browsers what the page may
/// do: nothing but what it brings with it.
struct PageGuard: RouterMiddleware {
    typealias Context = PageContext

    /// Where the page is served.
    let address: HTTPAddress
    /// The option that names the address.
    var option = "--dashboard"

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard address.isMeant(by: request.head.authority) else {
            return HTTPService.response(
                .misdirectedRequest, "open this by an IP address, localhost, or the name given to \(option)\n")
        }
        var response = try await next(request, context)
        for (name, value) in Self.headers {
            if let name = HTTPFields.Element.Name(name) { response.headers[name] = value }
        }
        return response
    }

    static let headers = [
        ("Content-Security-Policy", PageMarkup.policy + "; connect-src 'self'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]
}
