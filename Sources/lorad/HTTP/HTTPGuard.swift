/// Looks at requests before they are handled.
protocol HTTPGuard: Sendable {
    /// The answer to a request that may not go on; nil for one that may.
    func refusal(of request: HTTPRequest) -> HTTPReply?
    /// Headers of every answer to a request that went on.
    var headers: [(name: String, value: String)] { get }
}
