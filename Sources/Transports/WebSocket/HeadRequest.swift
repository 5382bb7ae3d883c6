/// A request of HTTP/1.1 whose answer of interest is a head: what opens a way to the other end.
protocol HeadRequest: Sendable {
    /// The request as it is sent.
    var text: String { get }
    /// Who answers, for messages.
    var peer: String { get }
    /// Looks at the answer.
    ///
    /// - Throws: `TransportError`: `blocked` where asking again would not help, `unavailable` where it may.
    func check(_ reply: ResponseHead) throws
}
