import NIOHTTP1

/// Lets those through who may look; the page, metrics and the run as JSON lie behind it.
struct AccessGuard: HTTPGuard {
    let gate: AccessGate
    /// Whether viewing requires a token here.
    let isRequired: Bool
    /// The key of the address that the coordinator printed.
    var key: PageKey?

    var headers: [(name: String, value: String)] { [] }

    func refusal(of request: HTTPRequest) -> HTTPReply? {
        guard isRequired else { return nil }
        return gate.decide(
            .look, for: "GET \(request.path)", authorization: request.header("authorization"), from: request.peer,
            key: key
        ).refusal
    }
}

extension AccessGate.Decision {
    /// The answer to a request that is refused; `nil` for one that is not.
    var refusal: HTTPReply? {
        switch self {
        case .admitted: return nil
        case .unauthorized(let reason):
            var reply = HTTPReply(.unauthorized, reason + "\n")
            reply.headers.add(name: "www-authenticate", value: "Bearer realm=\"lorad\"")
            return reply
        case .forbidden(let reason, _): return HTTPReply(.forbidden, reason + "\n")
        }
    }
}
