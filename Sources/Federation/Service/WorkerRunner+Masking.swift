import Foundation
import Privacy
import SwiftProtobuf
import Tensors

extension WorkerRunner {
    /// How the order's result is to be masked, if it is.
    func maskingTerms(_ order: WireOrder) throws -> MaskingTerms? {
        guard !order.masking.isEmpty else { return nil }
        do {
            return try JSONDecoder().decode(MaskingTerms.self, from: order.masking)
        } catch {
            throw FederationError(
                .protocolViolation, "terms of secure aggregation that cannot be read: run the same release",
                cause: error
            )
        }
    }

    /// Refuses terms that hide less than this worker insists on.
    func checkPolicy(_ terms: MaskingTerms?, hasOwnData: Bool) throws {
        guard let terms else {
            guard let masking, masking.isRequired, hasOwnData || masking.coversGivenData else { return }
            throw FederationError(
                .unsupported, "the run has no secure aggregation, and this worker sends nothing without")
        }
        guard let masking else {
            throw FederationError(.unsupported, "the run has secure aggregation, and this worker has no signing key")
        }
        try masking.check(terms)
    }

    /// Refuses terms that this worker's privacy budget does not allow, before any work is done for them.
    func checkBudget(_ terms: MaskingTerms?) throws {
        if let masking, let release = try terms?.release { try masking.mayRelease(release) }
    }

    /// Another result than those that this worker has given shares for, from the same state.
    ///
    /// Where every draw comes to one of those, because there is so little data or the state's gradients are zero, it is the
    /// state itself, with a loss and a weight that tell nothing either: a second sum with a known result would tell it apart
    /// from the others', and none at all would shut this worker out of the run.
    ///
    /// - Returns: the result, and whether it is the state itself.
    func anotherResult(
        _ work: LocalWork, _ trainer: any LocalTrainer, _ terms: MaskingTerms, _ binding: ResultBinding,
        _ policy: MaskingPolicy
    ) throws -> (result: LocalResult, isUnchanged: Bool) {
        var result = try trainer.perform(work)
        for draw in 1...Self.mostDraws {
            let key = ResultKey(result, binding, terms, policy.key)
            guard policy.record.hasRevealed(key) else { return (result, false) }
            if draw < Self.mostDraws { result = try trainer.perform(work) }
        }
        say(
            "round \(work.round + 1): this worker's data is so little, or moves this state so little, that its results are all "
                + "alike, and it has given shares for them in this run or another. So it sends an update without any change "
                + "in this round, and its data counts again once the state is another. To use the data in the first round of "
                + "a second run, begin that run from another state (training.seed, or an adapter), or with noise")
        let names = result.update.names
        let unchanged = StateDict(names.compactMap { name in work.state[name].map { (name, $0) } })
        return (LocalResult(update: unchanged, metrics: ContributionMetrics(examples: 1)), true)
    }

    /// How often results are drawn before this worker's data is taken for too little.
    private static let mostDraws = 8

    /// Whether shares were given for a result without noise from the same state.
    func isRepeat(_ terms: MaskingTerms?, _ binding: ResultBinding?) -> Bool {
        guard let terms, terms.noise == nil, let binding, let masking,
            masking.record.hasRevealed(from: binding.state)
        else { return false }
        say("this worker has given shares for a result from this state before: it makes another, with fresh randomness")
        return true
    }

    func mask(
        _ result: LocalResult, from state: StateDict, _ terms: MaskingTerms, _ policy: MaskingPolicy,
        _ binding: ResultBinding, _ ordered: OrderedWork, isUnchanged: Bool, _ hands: inout Hands
    ) throws -> Worker.Event {
        let masked = try MaskedResult(
            result, from: state, terms, policy, binding, lanes: lanes, isUnchanged: isUnchanged
        ) { [witness = hands.witness] in try witness?.willSend($0, of: ordered)
        }
        if masked.cutCount > 0 {
            say(
                "\(masked.cutCount) values of the update were cut at ±\(terms.clip.bound): "
                    + "raise privacy.secure_aggregation.clip, or lower the learning rate")
        }
        hands.masked = masked
        return .masked(advertisement: masked.advertisement, result.metrics)
    }

    /// Answers the coordinator's messages until the exchange is over. One that breaks the protocol gets no answer, and this
    /// worker leaves the round.
    func exchange(_ order: WireOrder, _ hands: inout Hands, _ welcome: Welcome) throws -> Worker.Event {
        defer { hands.masked = nil }
        var request = WireRequest.with { $0.exchange.task = order.task }
        while true {
            let reply = try link.ask(request, on: control, patience: welcome.timing.patience).reply
            switch reply.kind {
            case .turn(let turn):
                switch turn.kind {
                case .message(let message):
                    if let task = TaskKey(order.task), let stage = SecureAggregationServer.stage(of: message) {
                        happened(.exchanging(task, stage))
                    }
                    do {
                        guard let answer = try hands.masked?.answer(message, lanes: lanes) else { return .exchanged }
                        if let complaint = hands.masked?.takeComplaint() { say(complaint) }
                        request = try self.request(answer, of: order)
                    } catch let error as FederationError where error.code == .forbidden {
                        depart(saying: Self.forbidden)
                        throw error
                    } catch let error where error is PrivacyError || error is FederationError {
                        say("this worker leaves the round: \(error)")
                        return .exchanged
                    }
                case .over(let end):
                    if !end.reason.isEmpty {
                        say("the coordinator takes no more of this worker in this round: \(end.reason)")
                    }
                    return .exchanged
                case .wait, nil: request = .with { $0.exchange.task = order.task }
                }
            case .problem(let problem) where problem.code == .gone:  // the upload was given up: begin anew
                request = .with { $0.exchange.task = order.task }
            default: return .replied(reply)
            }
        }
    }

    private func request(_ answer: MaskedResult.Answer, of order: WireOrder) throws -> WireRequest {
        try .with {
            $0.exchange.task = order.task
            switch answer {
            case .message(let message): $0.exchange.message = message
            case .vector(let blob):
                try bulk.send(blob)
                $0.exchange.vector = WireBlob(blob)
            }
        }
    }
}
