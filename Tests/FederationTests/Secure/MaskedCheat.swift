import Crypto
import Foundation
import SwiftProtobuf
import Synchronization
import Tensors
import Transports

@testable import Federation
@testable import Privacy

/// A worker of a masked run that takes part as the protocol says, but for one lie.
final class MaskedCheat: Sendable {
    enum Lie: Sendable {
        /// What it seals for its neighbours does not open.
        case garbage
        /// It deals shares of something else, signs them, and goes away before its vector.
        case wrongShares
        /// Its vector holds numbers that no honest worker can send, and so does its weight.
        case vector
    }

    let id: WorkerID
    /// Open once it has dealt its shares.
    let hasDealt = Gate()
    private let lie: Lie
    private let key: Curve25519.Signing.PrivateKey
    private let link: CoordinatorLink
    private let control = CoordinatorLink.Line(.control)

    init(_ run: Served<AveragingJob>, _ lie: Lie) throws {
        let key = Curve25519.Signing.PrivateKey()
        (self.lie, self.key) = (lie, key)
        let identity = IdentityKey()
        id = identity.publicIdentity.fingerprint
        let hello = WireHello.with {
            $0.protocol = WireHello.currentProtocol
            $0.name = "cheat"
            $0.signingKey = key.publicKey.rawRepresentation
        }
        link = try CoordinatorLink(run.line, identity: identity, hello: hello) { _ in }
        _ = try link.welcome()
    }

    /// Takes part until the run is over for this worker.
    ///
    /// - Returns: why.
    func takePart() throws -> String {
        var reply = try ask { $0.poll = .init() }
        while true {
            switch reply.kind {
            case .order(let order): reply = try takePart(in: order)
            case .finished(let end): return end.summary
            case .problem(let problem) where problem.code == .excluded: return problem.reason
            default: reply = try ask { $0.poll = .init() }
            }
        }
    }

    /// Ends `takePart`.
    func stop() { link.stop() }

    private func ask(_ make: (inout WireRequest) -> Void) throws -> WireReply {
        try link.ask(WireRequest.with(make), on: control, patience: .seconds(2)).reply
    }

    /// Exchanges messages until the round is over, or there is no part in it any more; the reply that says so.
    private func takePart(in order: WireOrder) throws -> WireReply {
        let terms = try JSONDecoder().decode(MaskingTerms.self, from: order.masking)
        let blob = try BulkClient(link, lines: 1).fetch(BlobID(bytes: order.base.id), limit: 1 << 20)
        let state = try SafetensorsFile(data: try blob.bytes(), name: "state").stateDict
        let binding = ResultBinding(basis: Data(), state: state, work: order.work)
        let count = UpdateLayout(state, carriesLoss: terms.carriesLoss).valueCount
        let configuration = try terms.configuration(values: count, result: binding.digest)
        var worker = try SecureAggregationWorker(key: key, configuration: configuration, trusted: nil)
        var reply = try ask {
            $0.submission.task = order.task
            $0.submission.advertisement = worker.advertisement
        }
        guard case .verdict(let verdict) = reply.kind, verdict.outcome == .counted else { return reply }
        reply = try ask { $0.exchange.task = order.task }
        while case .turn(let turn) = reply.kind {
            guard case .message(let message) = turn.kind else {
                if case .over = turn.kind { return reply }
                reply = try ask { $0.exchange.task = order.task }
                continue
            }
            let stage = SecureAggregationServer.stage(of: message)
            let answer = try worker.answer(message)
            if stage == .inputs, lie == .wrongShares { return try ask { $0.goodbye = .init() } }
            reply = try say(answer, order, &worker, configuration)
            if stage == .shares { hasDealt.open() }
        }
        return reply
    }

    private func say(
        _ answer: Data?, _ order: WireOrder, _ worker: inout SecureAggregationWorker,
        _ configuration: SecureAggregationConfiguration
    ) throws -> WireReply {
        guard let answer else {
            let vector = try Blob(MemorySource(try worker.mask(elements(configuration)).encoded))
            try BulkClient(link, lines: 1).send(vector)
            return try ask {
                $0.exchange.task = order.task
                $0.exchange.vector = WireBlob(vector)
            }
        }
        let isDeal = MessageHeader.kind(of: answer) == .shares
        let message = isDeal ? try dealt(answer, worker, round: configuration.round) : answer
        return try ask {
            $0.exchange.task = order.task
            $0.exchange.message = message
        }
    }

    /// A quarter of the ring in each element, the weight among them: more than four workers reach.
    private func elements(_ configuration: SecureAggregationConfiguration) -> [UInt32] {
        Array(repeating: lie == .vector ? 1 << UInt32(configuration.bits - 2) : 0, count: configuration.elements)
    }

    private func dealt(_ answer: Data, _ worker: SecureAggregationWorker, round: UInt64) throws -> Data {
        guard let session = worker.session, lie != .vector else { return answer }
        var body = try SignedMessage(answer, as: .shares, round: round).body
        for (index, peer) in session.roster.graph.neighbours(of: session.place).enumerated() {
            let range = index * SealedShares.byteCount..<(index + 1) * SealedShares.byteCount
            let channel = try SealedShares(
                from: session.place, to: peer, roster: session.roster, own: worker.secrets.sharesKey, peer: peer)
            let shares = try channel.open(Data(body[range]))
            guard lie == .wrongShares, let deal = Deal(session.roster, owner: session.place, holder: peer) else {
                body.replaceSubrange(range, with: Data(count: range.count))
                continue
            }
            let noise = Array(SHA256.hash(data: Data([UInt8(index)])))
            let wrong = try DealtShares(
                seedShare: zip(shares.seedShare, noise).map { $0 ^ $1 },
                keyShare: zip(shares.keyShare, noise).map { $0 ^ $1 }, deal: deal, key: key)
            body.replaceSubrange(range, with: try channel.seal(wrong))
        }
        return try SignedMessage(.shares, body: body, key: key, scope: session.roster.scope).bytes(round: round)
    }
}
