import NIOCore
import NIOHTTP1

/// The way to whoever asked.
struct HTTPStream: Sendable {
    let channel: any Channel
    let version: HTTPVersion
    /// Whether the connection ends with this answer.
    let isLast: Bool
    let wantsBody: Bool
    /// How long one piece may take to be taken.
    let patience: TimeAmount

    /// Sends a piece of the body, and waits until it is on its way.
    ///
    /// - Throws: what NIO throws where the other end has gone, or takes nothing.
    func write(_ text: String) async throws {
        guard wantsBody else { return }
        try await put(.body(.byteBuffer(ByteBuffer(string: text))))
    }

    /// Sends an answer.
    ///
    /// - Returns: whether all of it was sent.
    func send(_ reply: HTTPReply) async -> Bool {
        do {
            var headers = reply.headers
            if isLast { headers.replaceOrAdd(name: "connection", value: "close") }
            try await put(.head(HTTPResponseHead(version: version, status: reply.status, headers: headers)))
            switch reply.body {
            case .text(let text): try await write(text)
            case .stream(let body): try await body(self)
            }
            try await put(.end(nil))
            return true
        } catch {
            return false
        }
    }

    private func put(_ part: HTTPServerResponsePart) async throws {
        let late = channel.eventLoop.scheduleTask(in: patience) { [channel] in channel.close(promise: nil) }
        defer { late.cancel() }
        try await channel.writeAndFlush(part).get()
    }
}
