import NIOHTTP1

/// The answer to a request.
struct HTTPReply: Sendable {
    enum Body: Sendable {
        case text(String)
        /// Written piece by piece; the connection ends where it throws.
        case stream(@Sendable (HTTPStream) async throws -> Void)
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    let body: Body

    /// A text of a type.
    init(_ status: HTTPResponseStatus, _ text: String, type: String = "text/plain; charset=utf-8") {
        self.status = status
        headers = ["content-type": type, "content-length": "\(text.utf8.count)"]
        body = .text(text)
    }

    /// What `write` sends, with status 200.
    init(streaming type: String, _ write: @escaping @Sendable (HTTPStream) async throws -> Void) {
        status = .ok
        headers = ["content-type": type]
        body = .stream(write)
    }
}
