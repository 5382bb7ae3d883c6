import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Answers requests over HTTP, on one thread of its own, so that nothing waits for them.
final class HTTPService: Sendable {
    /// Where it listens.
    let address: HTTPAddress
    private let service: Task<Void, Never>

    /// One thread is enough; a process may say so once.
    private static let useOneThread: Void = { NIOSingletons.groupLoopCountSuggestion = 1 }()

    /// Connections at once; the next ones wait, and leave the process its files.
    private static let mostConnections = 64
    /// How long a connection may say nothing, or not end its request.
    private static let idleTime = TimeAmount.seconds(30)

    /// Begins to listen; blocks the calling thread until it does.
    ///
    /// - Parameters:
    ///   - router: what is answered.
    ///   - option: the option that asks for it, for messages.
    /// - Throws: `CommandError` where the address cannot be used.
    init(_ address: HTTPAddress, _ router: Router<PageContext>, option: String) throws {
        _ = Self.useOneThread
        let start = Start()
        let logger = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
        var channel = HTTP1Channel.Configuration()
        channel.idleTimeout = Self.idleTime
        let application = Application(
            router: router, server: .http1(configuration: channel),
            configuration: .init(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections, logger: logger)),
            onServerRunning: { start.settle(.success($0.localAddress?.port ?? address.port)) },
            logger: logger)
        service = Task.detached {
            do {
                try await application.run()
            } catch {
                start.settle(.failure(error))
            }
        }
        do {
            self.address = HTTPAddress(host: address.host, port: try start.wait())
        } catch {
            throw CommandError("\(option) \(address): cannot listen there: \(Self.advice(on: error))")
        }
    }

    /// Ends it; streams that are open break off.
    func stop() { service.cancel() }

    /// A text of a type.
    static func response(
        _ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

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

    /// What the server's start came to: the port, or why there is none.
    private final class Start: Sendable {
        private let result = Mutex<Result<Int, any Error>?>(nil)
        private let isSettled = DispatchSemaphore(value: 0)

        func settle(_ new: Result<Int, any Error>) {
            let isFirst = result.withLock { result in
                defer { result = result ?? new }
                return result == nil
            }
            if isFirst { isSettled.signal() }
        }

        func wait() throws -> Int {
            isSettled.wait()
            return try result.withLock { result in try result?.get() ?? 0 }
        }
    }
}
