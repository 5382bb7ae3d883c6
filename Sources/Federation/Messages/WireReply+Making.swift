import Foundation
import SwiftProtobuf

extension WireProblem {
    /// What a worker is told that has not said hello in its session: with `malformed`, the sign to do so.
    static let joinFirst = "join first"

    /// Whether the worker is to say hello.
    var asksToJoin: Bool { code == .malformed && reason == Self.joinFirst }
}

extension WireFailure {
    /// The reason of a worker that may give away no more in the run: it has no fault, and leaves.
    static let spentBudget = "this worker's privacy budget for the run is spent"
}

extension WireFinished {
    /// What the summary of a run begins with that has failed.
    static let failureMark = "the run has failed: "
}

extension WireReply {
    /// The run is over for a worker.
    static func finished(_ summary: String) -> WireReply { .with { $0.finished = .with { $0.summary = summary } } }

    /// Asks for a hello; see `WireProblem.asksToJoin`.
    static var joinFirst: WireReply { .problem(.malformed, WireProblem.joinFirst) }

    static func problem(_ code: WireProblem.Code, _ reason: String) -> WireReply {
        .with {
            $0.problem = .with {
                $0.code = code
                $0.reason = reason
            }
        }
    }

    static func verdict(_ outcome: WireVerdict.Outcome, _ reason: String = "") -> WireReply {
        .with {
            $0.verdict = .with {
                $0.outcome = outcome
                $0.reason = reason
            }
        }
    }
}

extension Coordinator.Outcome {
    static func problem(_ code: WireProblem.Code, _ reason: String) -> Self {
        .reply(.problem(code, reason))
    }

    static func verdict(_ outcome: WireVerdict.Outcome, _ reason: String = "") -> Self {
        .reply(.verdict(outcome, reason))
    }
}

extension ExchangeTurn {
    /// As it is sent; nil where nothing is to be said yet.
    var wire: WireTurn? {
        switch self {
        case .message(let message): .with { $0.message = message }
        case .wait: nil
        case .over(let reason): .with { $0.over = .with { $0.reason = reason } }
        }
    }
}

extension WireOrder {
    /// - Throws: where the terms of masking cannot be written.
    init(_ order: WorkOrder, task: TaskKey, base: WireBlob) throws {
        self.init()
        self.task = task.wire
        self.base = base
        work = order.work
        attachments = order.attachments.map(\.wire)
        ahead = order.ahead.map(\.wire)
        if let terms = order.masking { masking = try JSONEncoder().encode(terms) }
    }
}

extension Attachment {
    var wire: WireAttachment {
        .with {
            $0.name = name
            $0.blob = .with {
                $0.id = blob
                $0.size = UInt64(size)
            }
        }
    }

    /// What a peer names; nil where it cannot be one.
    init?(_ wire: WireAttachment) {
        guard wire.blob.id.count == 32, let size = Int(exactly: wire.blob.size) else { return nil }
        self.init(name: wire.name, blob: wire.blob.id, size: size)
    }
}

extension ContributionMetrics {
    /// The most that anyone counts: sums of these over workers and rounds still fit an `Int`.
    private static let countLimit: UInt64 = 1 << 40

    /// What a peer says, as far as it makes sense; the loss may be anything.
    ///
    /// - Throws: `FederationError.invalidUpdate` for numbers that cannot be.
    init(_ wire: WireMetrics) throws {
        let counts = [wire.examples, wire.tokens, wire.supervisedTokens]
        guard wire.seconds.isFinite, wire.seconds >= 0, wire.values.count <= 64,
            wire.values.allSatisfy({ $0.key.utf8.count <= 64 && $0.value.isFinite }),
            counts.allSatisfy({ $0 <= Self.countLimit })
        else { throw FederationError(.invalidUpdate, "the metrics hold numbers that are not finite or too large") }
        self.init(
            loss: wire.loss, examples: Int(wire.examples), tokens: Int(wire.tokens),
            supervisedTokens: Int(wire.supervisedTokens), seconds: wire.seconds, values: wire.values)
    }

    var wire: WireMetrics {
        .with {
            $0.loss = loss
            $0.examples = UInt64(examples)
            $0.tokens = UInt64(tokens)
            $0.supervisedTokens = UInt64(supervisedTokens)
            $0.seconds = seconds
            $0.values = values
        }
    }
}
