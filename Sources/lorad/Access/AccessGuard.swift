import Hummingbird

/// Lets those through who may look; the page, metrics and the run as JSON lie behind it.
struct AccessGuard: RouterMiddleware {
    typealias Context = PageContext

    let gate: AccessGate
    /// Whether looking takes a token here.
    let isRequired: Bool
    /// What admits whoever opened the address that the coordinator printed.
    var key: PageKey?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard isRequired else { return try await next(request, context) }
        let decision = gate.decide(
            .look, for: "GET \(request.uri.path)", authorization: request.headers[.authorization], from: context.peer,
            key: key)
        if let refusal = decision.refusal { return refusal }
        return try await next(request, context)
    }
}

extension AccessGate.Decision {
    /// The answer to a request that is refused; `nil` for one that is not.
    var refusal: Response? {
        switch self {
        case .admitted: return nil
        case .unauthorized(let reason):
            var response = HTTPService.response(.unauthorized, reason + "\n")
            response.headers[.wwwAuthenticate] = "Bearer realm=\"lorad\""
            return response
        case .forbidden(let reason, _): return HTTPService.response(.forbidden, reason + "\n")
        }
    }
}
