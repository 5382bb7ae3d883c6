import Foundation
import SwiftProtobuf
import Transports

@testable import Federation

/// A worker that was let in, and then says whatever a test wants.
final class Cheat: Sendable {
    let id: WorkerID
    private let link: CoordinatorLink
    private let control = CoordinatorLink.Line(.control)
    private let bulk = CoordinatorLink.Line(.bulk)

    init(_ run: ServedRun, named name: String = "cheat") throws {
        let identity = IdentityKey()
        id = identity.publicIdentity.fingerprint
        let hello = WireHello.with {
            $0.protocol = WireHello.currentProtocol
            $0.name = name
        }
        link = try CoordinatorLink(run.line, identity: identity, hello: hello) { _ in }
        _ = try link.welcome()
    }

    func ask(_ make: (inout WireRequest) -> Void) throws -> WireReply {
        try link.ask(WireRequest.with(make), on: control).reply
    }

    func askBulk(_ payload: Data = Data(), _ make: (inout WireRequest) -> Void) throws -> WireReply {
        try link.ask(WireRequest.with(make), payload: payload, on: bulk).reply
    }

    /// Asks for work until there is some.
    func order() throws -> WireOrder {
        while true {
            if case .order(let order) = try ask({ $0.poll = .init() }).kind { return order }
        }
    }

    /// Sends bytes as an update, and says that they are a task's result.
    func submit(_ bytes: Data, for order: WireOrder, metrics: WireMetrics = .init()) throws -> WireReply {
        let blob = try Blob(MemorySource(bytes))
        try BulkClient(link, lines: 1).send(blob)
        return try ask {
            $0.submission.task = order.task
            $0.submission.update = WireBlob(blob)
            $0.submission.metrics = metrics
        }
    }
}
