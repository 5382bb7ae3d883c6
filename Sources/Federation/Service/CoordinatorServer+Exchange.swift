import Foundation
import Privacy
import SwiftProtobuf
import Synchronization
import Transports

extension CoordinatorServer {
    /// How many times its patience a worker that is there may take for an answer, if it is not sending its vector.
    private static let exchangePatience = 10

    /// Goes through the exchange that comes before a commit, if the job has one.
    func exchange() throws {
        guard let secure = job.secureExchange else { return }
        defer {
            core.withLock { $0.take(secure.takeFindings(), at: now()) }
            flush()  // who is left out of the run is on the disk before the round's sum is
        }
        try secure.exchange(limit: options.timing.patience * Self.exchangePatience) {
            core.withLock { $0.callRoll(at: now()) }
            flush()
            return core.withLock(\.working)
        } sending: {
            let senders = desk.inbox.senders(since: now() - options.timing.patience)
            return core.withLock(\.working).filter { senders.contains($0.description) }
        }
    }

    /// Hands what a worker says to the exchange, and answers when it is its turn again.
    func answer(_ exchange: WireExchange, _ incoming: RecordService.Incoming) {
        let worker = incoming.worker
        if let problem = core.withLock({ $0.hearExchange(exchange, from: worker, at: now()) }) {
            return incoming.reply.send(problem)
        }
        guard let task = TaskKey(exchange.task) else { return }
        do {
            guard let secure = job.secureExchange else {
                throw FederationError(.protocolViolation, "the run has no secure aggregation")
            }
            if exchange.hasVector {
                let bytes = try upload(exchange.vector)
                defer { drop(exchange.vector, of: worker) }
                try secure.take(.vector(bytes), of: task.id, from: worker)
            } else if !exchange.message.isEmpty {
                try secure.take(.message(exchange.message), of: task.id, from: worker)
            }
            turns.wait(worker, for: task, incoming.reply, at: now())
        } catch let error as FederationError where error.code == .notFound {
            incoming.reply.send(.problem(.gone, error.message))
        } catch {
            observer.refused("an exchange's message of \(worker) is refused: \(error)")
            incoming.reply.send(.with { $0.turn = .with { $0.over = .with { $0.reason = "\(error)" } } })
        }
    }

    func signingKey(of worker: WorkerID) throws -> WorkerIdentity {
        try WorkerIdentity(bytes: core.withLock { $0.members[worker]?.signingKey ?? Data() })
    }
}
