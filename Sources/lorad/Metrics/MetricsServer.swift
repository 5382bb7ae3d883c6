import Foundation
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Serves a run's metrics over HTTP: Prometheus' text at `/metrics`, and at `/healthz` whether the run goes on.
///
/// Requests are answered from the last snapshot on one thread of its own, so that nothing waits for them.
final class MetricsServer: Sendable {
    /// Where it listens.
    let address: MetricsAddress
    private let service: Task<Void, Never>

    /// One thread is enough; a process may say so once.
    private static let useOneThread: Void = { NIOSingletons.groupLoopCountSuggestion = 1 }()

    /// Begins to listen; blocks the calling thread until it does.
    ///
    /// - Parameter snapshot: the run as it is; must not wait for anything.
    /// - Throws: `CommandError` where the address cannot be used.
    init(_ address: MetricsAddress, snapshot: @escaping @Sendable () -> RunSnapshot) throws {
        _ = Self.useOneThread
        let start = Start()
        let application = Application(
            router: Self.router(snapshot),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { start.settle(.success($0.localAddress?.port ?? address.port)) },
            logger: Logger(label: "metrics") { _ in SwiftLogNoOpLogHandler() })
        service = Task.detached {
            do {
                try await application.run()
            } catch {
                start.settle(.failure(error))
            }
        }
        do {
            self.address = MetricsAddress(host: address.host, port: try start.wait())
        } catch {
            throw CommandError("--metrics \(address): cannot listen there: \(error)")
        }
    }

    /// Ends it.
    func stop() { service.cancel() }

    private static func router(_ snapshot: @escaping @Sendable () -> RunSnapshot) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/metrics") { _, _ in
            Self.response(.ok, snapshot().metrics, type: PrometheusText.contentType)
        }
        router.get("/healthz") { _, _ in
            let isFailed = snapshot().status.phase == .failed
            return Self.response(isFailed ? .serviceUnavailable : .ok, isFailed ? "the run has failed\n" : "ok\n")
        }
        return router
    }

    private static func response(
        _ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
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
