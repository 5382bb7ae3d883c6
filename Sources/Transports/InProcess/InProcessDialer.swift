import Foundation
import Synchronization

/// The asking end of a name within the process.
final class InProcessDialer: RequestDialer {
    private struct State {
        var isClosed = false
        var outstanding: Monitor<Mailbox.Outcome>?
    }

    private let endpoint: Endpoint
    private let limit: Int
    private let mailbox: Mailbox
    private let turn = Mutex(())
    private let state = Mutex(State())

    init(endpoint: Endpoint, limit: Int, mailbox: Mailbox) {
        (self.endpoint, self.limit, self.mailbox) = (endpoint, limit, mailbox)
    }

    func request(_ bytes: Data, timeout: Duration) throws -> Data {
        guard bytes.count <= limit else { throw TransportError.over(limit, "a request of \(bytes.count)", endpoint) }
        return try turn.withLock { _ in
            let outcome = try begin()
            defer { state.withLock { $0.outstanding = nil } }
            let number = mailbox.submit(Mailbox.Entry(bytes: bytes, replyLimit: limit, outcome: outcome))
            defer { mailbox.withdraw(number) }
            return try wait(for: outcome, timeout: timeout)
        }
    }

    func close() {
        let outstanding = state.withLock { state in
            state.isClosed = true
            return state.outstanding
        }
        outstanding?.withLock { $0 = .closed }
    }

    private func begin() throws -> Monitor<Mailbox.Outcome> {
        try state.withLock { state in
            guard !state.isClosed else { throw closed() }
            let outcome = Monitor(Mailbox.Outcome.waiting)
            state.outstanding = outcome
            return outcome
        }
    }

    private func wait(for outcome: Monitor<Mailbox.Outcome>, timeout: Duration) throws -> Data {
        let reply = try outcome.wait(until: .now + timeout) { outcome -> Data? in
            switch outcome {
            case .waiting: nil
            case .answered(let reply): reply
            case .closed: throw closed()
            }
        }
        guard let reply else { throw TransportError(.timeout, "\(endpoint): no reply within \(timeout)") }
        return reply
    }

    private func closed() -> TransportError { TransportError(.closed, "\(endpoint): this end was closed") }
}
