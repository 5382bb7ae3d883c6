import NIOPosix

/// The threads of WebSocket connections.
///
/// They are not SwiftNIO's shared ones, whose number may be set once and before they are used; the pages and metrics of a
/// coordinator do that.
enum NetworkLoops {
    /// One reads and writes far faster than the links that WebSocket is for; the second keeps handshakes going meanwhile.
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
}
