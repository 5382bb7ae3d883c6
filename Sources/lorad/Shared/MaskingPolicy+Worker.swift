import Crypto
import Federation
import Foundation
import Privacy
import Tensors
import Transports

/// What the user of a worker asks for before anything is sent.
struct PrivacyDemand {
    /// Files with the other workers' signing keys, one per line; a worker that takes part must be in each.
    var peers: [String] = []
    /// Whether to send nothing without.
    var isRequired = false
    /// The fewest workers of a sum.
    var fewestWorkers = 3
    /// The least share of a round's workers that may open a sum.
    var threshold = 0.67
    /// Workers of a sum that may collude with the coordinator.
    var colluders = 1
    /// The share of the known workers that must begin a round.
    var peerShare = 0.5
    /// The share of the known workers that must be in a sum.
    var fewestShare = 0.0
    /// Whether to send nothing without noise of this worker's own making.
    var requiresNoise = false
    /// What this worker's releases in all runs may come to.
    var maxEpsilon: Double?
    /// The largest δ at which this worker counts ε.
    var delta = 1e-5

    /// Whether it asks for masks or for noise.
    var insists: Bool { !peers.isEmpty || isRequired || requiresNoise || maxEpsilon != nil }

    /// δ at which this worker counts ε in a run: no run file can raise it.
    func countedDelta(in noise: PrivacyArguments.DifferentialPrivacy) -> Double { min(delta, noise.delta) }

    /// What this worker's releases may come to, by the run file and by its own demand.
    ///
    /// - Parameter policy: the site's policy, which this demand was tightened by.
    /// - Throws: `PrivacyError` where ε or δ is out of range.
    func limits(
        in noise: PrivacyArguments.DifferentialPrivacy, policy: PolicyFile? = nil
    ) throws -> [WorkerLedger.Limit] {
        let shared = try noise.targetEpsilon.map { epsilon in
            WorkerLedger.Limit(
                target: try PrivacyTarget(epsilon: epsilon, delta: noise.delta), coversAllRuns: false,
                source: "target_epsilon in the run file")
        }
        let own = try maxEpsilon.map { epsilon in
            let rule = policy.flatMap { policy in
                policy.policy.differentialPrivacy.maxEpsilon == epsilon
                    ? policy.rule("differential_privacy.max_epsilon") : nil
            }
            return WorkerLedger.Limit(
                target: try PrivacyTarget(epsilon: epsilon, delta: countedDelta(in: noise)), coversAllRuns: true,
                source: rule ?? "--max-epsilon")
        }
        return [shared, own].compactMap(\.self)
    }
}

extension MaskingPolicy {
    /// The policy of a worker; its signing key follows from its identity.
    ///
    /// - Throws: `CommandError` if the file of keys cannot be used.
    init(_ demand: PrivacyDemand, identity: IdentityKey, ledger: WorkerLedger, record: RevealRecord) throws {
        let key = try identity.signingKey
        let peers = try demand.trustedPeers(and: WorkerIdentity(key.publicKey))
        let share = demand.fewestShare * Double(peers?.count ?? 0)
        self.init(
            key: key, trusted: peers, isRequired: demand.isRequired || peers != nil,
            // 0.7 x 10 is a little above 7 in binary, and 7 of 10 are meant.
            fewestWorkers: max(demand.fewestWorkers, Int((share - 1e-9).rounded(.up))), threshold: demand.threshold,
            colluders: demand.colluders, peerShare: demand.peerShare, record: record,
            requiresNoise: demand.requiresNoise || demand.maxEpsilon != nil, mayRelease: ledger.check,
            willRelease: ledger.note)
    }
}

extension PrivacyDemand {
    /// The workers that every file of keys names, and this one; `nil` if no file was given.
    ///
    /// - Throws: `CommandError` if a file cannot be used.
    func trustedPeers(and own: WorkerIdentity) throws -> Set<WorkerIdentity>? {
        guard !peers.isEmpty else { return nil }
        let lists = try peers.map { try Self.peers(in: $0) }
        return lists.dropFirst().reduce(lists[0]) { $0.intersection($1) }.union([own])
    }

    private static func peers(in path: String) throws -> Set<WorkerIdentity> {
        guard let data = try? BoundedFile.read(path, atMost: 1 << 24),
            let text = String(validating: data, as: UTF8.self)
        else {
            throw CommandError(
                "\(path) cannot be read: --peers, or peers in a site's policy, names a file with one signing key "
                    + "per line"
            )
        }
        var peers: Set<WorkerIdentity> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let key = line.split(whereSeparator: \.isWhitespace).first, !key.hasPrefix("#") else { continue }
            do {
                peers.insert(try WorkerIdentity(text: String(key)))
            } catch {
                throw CommandError("\(path), line \(index + 1): \(error)")
            }
        }
        return peers
    }
}
