import Foundation
import Synchronization
import Testing

@testable import Transports

/// The ways that two ends can be connected; every law of `Transport` holds for each.
enum Wire: String, CaseIterable, CustomTestStringConvertible {
    case tcp, tcp6, ws, ipc, inproc

    /// All of them, without IPv6 on a machine that has none.
    static let available = allCases.filter { $0 != .tcp6 || HostAddresses.systemHasIPv6 }

    var testDescription: String { rawValue }

    /// A hundred where sockets are the system's; of nanomsg's, 512 for all tests of the process, a few.
    var manyDialers: Int { self == .ws || self == .inproc ? 100 : 24 }

    /// A place that no other test listens at.
    func endpoint() throws -> Endpoint {
        let name = "lorad-\(UUID().uuidString.prefix(13))"
        switch self {
        case .tcp: return try Endpoint("tcp://127.0.0.1:0")
        case .tcp6: return try Endpoint("tcp://[::1]:0")
        case .ws: return try Endpoint("ws://127.0.0.1:0/lorad")
        case .ipc: return try Endpoint("ipc:///tmp/\(name)")
        case .inproc: return try Endpoint("inproc://\(name)")
        }
    }

    func listen(limit: Int = 1 << 16) throws -> any RequestServer {
        let endpoint = try endpoint()
        return try TransportRegistry.transport(for: endpoint).listen(on: endpoint, limit: limit)
    }
}

/// Makes a socket once there is room for it: nanomsg gives a process 512, of which tests beside this one have some.
func withRoom<Made>(_ make: () throws -> Made) throws -> Made {
    for _ in 0..<3_000 {
        do {
            return try make()
        } catch let error as TransportError where (error.cause as? NanomsgFailure)?.code == EMFILE {
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
    return try make()
}

extension RequestServer {
    /// Listens again where this server did.
    func successor(limit: Int = 1 << 16) throws -> any RequestServer {
        try TransportRegistry.transport(for: endpoint).listen(on: endpoint, limit: limit)
    }

    /// A client of this server.
    func dialer(limit: Int = 1 << 16) throws -> any RequestDialer {
        try TransportRegistry.transport(for: endpoint).dial(endpoint, limit: limit)
    }

    /// Answers every request with its bytes reversed, on some threads, until the server is closed.
    func answerReversed(threads: Int = 1) -> Threads {
        Threads(threads) { _ in
            while let request = try self.receive() {
                try self.reply(Data(request.bytes.reversed()), to: request.ticket)
            }
        }
    }
}

extension RequestDialer {
    /// Asks, and expects this reply.
    func expectReply(_ reply: Data, to request: Data, at location: SourceLocation = #_sourceLocation) throws {
        let received = try self.request(request, timeout: patience)
        #expect(received == reply, sourceLocation: location)
    }
}

/// Threads that run the same body, for calls that block.
final class Threads: Sendable {
    private let group = DispatchGroup()
    private let errors = Mutex<[any Error]>([])

    init(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
        for index in 0..<count {
            group.enter()
            Thread.detachNewThread { [self] in
                do { try body(index) } catch { errors.withLock { $0.append(error) } }
                group.leave()
            }
        }
    }

    /// Waits for all of them, and throws what one of them threw.
    func join() throws {
        if group.wait(timeout: .now() + 55) == .timedOut { Issue.record("a thread does not end") }
        if let error = errors.withLock({ $0.first }) { throw error }
    }
}

/// Long enough for anything that is going to happen.
let patience = Duration.seconds(40)
/// Too short for a reply that does not come.
let moment = Duration.milliseconds(40)
