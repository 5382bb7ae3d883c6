import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers requests over HTTP, one after the other on a queue of its own, so that nothing waits for them.
final class HTTPService: Sendable {
    /// Where it listens.
    let address: HTTPAddress
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Connections at once.
    private static let mostConnections = 64

    /// Begins to listen; blocks the calling thread until it does.
    ///
    /// - Parameters:
    ///   - routes: what is answered.
    ///   - option: the option that asks for it, for messages.
    ///   - patience: how long a connection may take to send a request, or to take what is written.
    /// - Throws: `CommandError` where the address cannot be used.
    init(_ address: HTTPAddress, _ routes: HTTPRoutes, option: String, patience: TimeAmount = .seconds(30)) throws {
        let queue = AnswerQueue()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptLimit(Self.mostConnections))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(HTTPConversation(routes, on: queue, patience: patience))
                }
            }
        do {
            let channel = try bootstrap.bind(host: address.host, port: address.port).wait()
            self.address = HTTPAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
        } catch {
            group.shutdownGracefully { _ in }
            throw CommandError("\(option) \(address): cannot listen there: \(Self.advice(on: error))")
        }
    }

    /// Ends it; streams that are open break off.
    func stop() { group.shutdownGracefully { _ in } }

    private static func advice(on error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "something listens there already: give another port, or 0 for a free one"
        case EADDRNOTAVAIL: "this machine has no such address: give one of its own, as 127.0.0.1"
        case EACCES: "only root may use this port: give one above 1023"
        case let code?: String(cString: strerror(code))
        case nil where error is SocketAddressError || error is SocketAddressError.UnknownHost:
            "there is no such host, or its name cannot be looked up"
        case nil: "\(error)"
        }
    }
}
