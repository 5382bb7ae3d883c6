public import Crypto
import Foundation
public import Privacy
import Tensors

/// What a worker insists on before it sends a result.
public struct MaskingPolicy: Sendable {
    /// Signs this worker's messages to the others.
    public var key: Curve25519.Signing.PrivateKey
    /// The other workers' signing keys, where they are known from elsewhere; nil takes whoever the coordinator names.
    public var trusted: Set<WorkerIdentity>?
    /// Whether a round without masks is refused.
    public var isRequired: Bool
    /// Sums of fewer workers are refused.
    public var fewestWorkers: Int
    /// Sums that a smaller share of a round's workers could open are refused.
    public var threshold: Double
    /// Workers of a sum that this one takes to be in league with the coordinator, besides itself: at least one, which
    /// could take its own share of noise off.
    public var colluders: Int
    /// The share of `trusted` that must begin a round.
    public var peerShare: Double
    /// For which results this worker has given shares.
    public var record: RevealRecord
    /// Whether a result without this worker's own noise, or its share of noise, is refused.
    public var requiresNoise: Bool
    /// Whether `isRequired` and `requiresNoise` hold for results from data that the coordinator gives, too.
    public var coversGivenData = true
    /// Asked, before any work is done, whether a result with a share of noise could be sent.
    public var mayRelease: @Sendable (PrivacyRelease) throws -> Void
    /// Called right before a result with a share of noise is sent, to note it durably; what it throws keeps the result back.
    public var willRelease: @Sendable (PrivacyRelease) throws -> Void

    /// Creates a policy.
    public init(
        key: Curve25519.Signing.PrivateKey, trusted: Set<WorkerIdentity>? = nil, isRequired: Bool = false,
        fewestWorkers: Int = 3, threshold: Double = 0.67, colluders: Int = 1, peerShare: Double = 0.5,
        record: RevealRecord = RevealRecord(), requiresNoise: Bool = false,
        mayRelease: @escaping @Sendable (PrivacyRelease) throws -> Void = { _ in },
        willRelease: @escaping @Sendable (PrivacyRelease) throws -> Void = { _ in }
    ) {
        self.key = key
        self.trusted = trusted
        self.isRequired = isRequired
        self.fewestWorkers = fewestWorkers
        self.threshold = threshold
        self.colluders = colluders
        self.peerShare = peerShare
        self.record = record
        self.requiresNoise = requiresNoise
        self.mayRelease = mayRelease
        self.willRelease = willRelease
    }

    /// Refuses to send a result without noise where this worker insists on it.
    ///
    /// - Throws: `FederationError.unsupported`.
    func check(_ result: LocalResult, _ terms: MaskingTerms?) throws {
        guard terms?.noise != nil || result.isNoisy || !requiresNoise else {
            throw FederationError(
                .unsupported,
                "the result would go out without noise of this worker's, which it insists on (--require-noise)")
        }
    }

    /// Refuses terms under which a sum could be opened that hides less than this worker insists on.
    ///
    /// - Throws: `FederationError.unsupported`.
    func check(_ terms: MaskingTerms) throws {
        guard terms.fewestInSum >= fewestWorkers else {
            throw FederationError(
                .unsupported,
                "the coordinator would sum up \(terms.fewestInSum) workers; this one wants \(fewestWorkers) at least "
                    + "(--fewest-workers)")
        }
        guard terms.threshold >= threshold else {
            throw FederationError(
                .unsupported,
                "a share of \(terms.threshold) of the workers could open a sum; this one wants \(threshold) at least: "
                    + "raise privacy.secure_aggregation.threshold in the run file, or start this worker with --threshold "
                    + "\(terms.threshold)")
        }
        try checkShares(terms)
        try checkColluders(terms)
    }

    /// The fewest workers that may begin a round, by those that this one knows.
    var fewestInRound: Int {
        trusted.map { Int((peerShare * Double($0.count) - 1e-9).rounded(.up)) } ?? 0
    }

    /// Whom this worker takes part with, as it tells the coordinator.
    var trustedKeys: TrustedKeys { TrustedKeys(trusted, fewest: fewestInRound) }

    /// Refuses noise that is made for more workers than are surely honest: it would be too little.
    private func checkShares(_ terms: MaskingTerms) throws {
        guard let shares = terms.noise?.noise.shares else { return }
        let sum = trusted.map { min($0.count, terms.fewestInSum) } ?? terms.fewestInSum
        guard shares <= sum - colluders else {
            throw FederationError(
                .unsupported,
                "the noise is made for \(shares) honest workers, and this one counts on \(max(0, sum - colluders)): of the "
                    + "\(sum) that a sum is sure to have"
                    + (trusted.map { " (it knows \($0.count))" } ?? "")
                    + " \(colluders) may be in league with the coordinator: raise privacy.secure_aggregation.colluders "
                    + "in the run file, or start this worker with fewer --colluders")
        }
    }

    /// Refuses a graph that is made for fewer colluders than this worker counts on; a complete one is for any number.
    private func checkColluders(_ terms: MaskingTerms) throws {
        let found = terms.colluders ?? 0
        guard terms.mostWorkers > SecureAggregationConfiguration.completeWorkers, found < colluders else { return }
        throw FederationError(
            .unsupported,
            "the neighbours that hide this worker's update are drawn for \(found) workers in league with the coordinator, "
                + "and this one counts on \(colluders): raise privacy.secure_aggregation.colluders in the run file, or start "
                + "this worker with fewer --colluders")
    }
}

/// A worker's result on its way into a sum: this worker's side of a round's exchange.
struct MaskedResult {
    /// What the coordinator gets.
    enum Answer {
        case message(Data)
        case vector(Blob)
    }

    private var worker: SecureAggregationWorker
    private var elements: [UInt32]
    private var vector: Blob?
    private let willSend: @Sendable (OutgoingResult) throws -> Void
    /// Notes the share of noise in the vector, if it has one.
    private let willRelease: @Sendable () throws -> Void
    private var hasComplained = false
    /// Values that were cut at the clip.
    let cutCount: Int

    /// Encodes a result; its weight is its number of examples.
    ///
    /// - Parameters:
    ///   - binding: what the result was made from, by what this worker used.
    ///   - isUnchanged: whether the result is the state itself with constants for its loss and weight. It tells nothing of
    ///     data, so equal ones may be in several rounds' sums; no round is opened twice for it either.
    ///   - willSend: called before the masked vector is sent, and before shares are; what it throws keeps them back.
    /// - Throws: `FederationError` where it does not fit the terms or they do not fit the policy, `PrivacyError` where it
    ///   cannot be encoded.
    init(
        _ result: LocalResult, from base: StateDict, _ terms: MaskingTerms, _ policy: MaskingPolicy,
        _ binding: ResultBinding, lanes: Int, isUnchanged: Bool = false,
        willSend: @escaping @Sendable (OutgoingResult) throws -> Void = { _ in }
    ) throws {
        self.willSend = willSend
        let release = try terms.release
        willRelease = { if let release { try policy.willRelease(release) } }
        try policy.check(terms)
        try policy.check(result, terms)
        // Noise is drawn anew, and accounted, each time that a result is made; without it a result is for one sum.
        let isFresh = terms.noise != nil || result.isNoisy
        let key = isFresh ? nil : ResultKey(isUnchanged ? nil : result, binding, terms, policy.key)
        if let key { try policy.record.check(key) }
        let layout = UpdateLayout(result.update, carriesLoss: terms.carriesLoss)
        guard layout.digest == terms.layout else {
            throw FederationError(
                .invalidUpdate, "the update's tensors are not those that the round sums up: run the same release")
        }
        var values = try layout.difference(result.update, from: base)
        let bound = Float(terms.clip.bound)
        if terms.carriesLoss {
            cutCount = values.reduce(into: 0) { if abs($1) > bound { $0 += 1 } }
            values.append(Float(terms.clip.bound * UpdateLayout.share(ofLoss: result.metrics.loss)))
        } else {
            cutCount = 0
        }
        let weight = max(1, min(result.metrics.examples, terms.largestWeight))
        elements = try terms.encoding(values: values.count).encode(values, weight: weight, lanes: lanes)
        worker = try SecureAggregationWorker(
            key: policy.key, configuration: terms.configuration(values: values.count, result: binding.digest),
            trusted: policy.trusted, fewestInRound: policy.fewestInRound, colluders: policy.colluders,
            willDraw: { [record = policy.record] in try record.noteDraw(round: terms.round, of: terms.run) },
            willReveal: { [record = policy.record] sum in
                if let key { try record.note(key, in: sum) }
                try willSend(.shares(sum))
            })
    }

    /// What is sent in place of the result.
    var advertisement: Data { worker.advertisement }

    /// What to tell the user of neighbours whose shares did not open; once.
    mutating func takeComplaint() -> String? {
        let unopened = worker.unopened
        guard !unopened.isEmpty, !hasComplained else { return nil }
        hasComplained = true
        return
            "the shares of worker \(unopened.map(\.description).joined(separator: ", ")) could not be opened: this worker "
            + "goes on without them, and says so to the coordinator"
    }

    /// Answers a message of the coordinator.
    ///
    /// - Throws: `PrivacyError` where it breaks the protocol; nothing was given away then.
    mutating func answer(_ message: Data, lanes: Int) throws -> Answer {
        if let answer = try worker.answer(message) { return .message(answer) }
        if let vector { return .vector(vector) }
        // Nothing that depends on data has left this machine yet. Once the release is noted, it may.
        try willRelease()
        try willSend(.masked(roster: worker.roster))
        let elements = elements
        self.elements = []
        let blob = try Blob(MemorySource(try worker.mask(elements, lanes: lanes).encoded))
        vector = blob
        return .vector(blob)
    }
}
