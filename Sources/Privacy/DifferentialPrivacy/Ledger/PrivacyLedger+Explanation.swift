import Foundation

/// What a ledger means, in words for people who must decide on it.
extension PrivacyLedger {
    /// The guarantee and everything it rests on, a sentence a line.
    ///
    /// - Throws: `PrivacyError` as `spent`.
    public func explanation(delta: Double, accountant: PrivacyAccountant? = nil) throws -> String {
        let spent = try spent(delta: delta, accountant: accountant)
        let edge =
            spent.isAtEdge
            ? " The best Rényi order is the first or last one tried: epsilon may be larger than need be." : ""
        let guarantee =
            "Spent: epsilon \(Self.rounded(spent.epsilon)) at delta \(delta), an upper bound by "
            + "\(spent.accountant.name).\(edge)"
        guard !releases.isEmpty else { return guarantee + "\nNothing has been released." }
        return ([guarantee, meaning(spent)] + releases.map(\.sentence) + assumptions).joined(separator: "\n")
    }

    private func meaning(_ spent: PrivacySpent) -> String {
        let change =
            switch spent.adjacency {
            case .addOrRemoveOne: "with or without any one \(unit.name)"
            case .zeroOut: "with any one \(unit.name), or with nothing in that one's place"
            case .replaceOne: "with any one \(unit.name) replaced by another"
            }
        return "Meaning: \(change), whatever was released is at most e^epsilon times as likely, but for a probability "
            + "of delta (\(spent.adjacency.rawValue))."
    }

    private var assumptions: [String] {
        var sentences = [
            "Assumed: \(unit == .worker ? "updates" : "gradients") are clipped before they are summed, noise comes from a "
                + "secure generator, and every release is counted at the latest when it happens, also one that nobody "
                + "took part in."
        ]
        if releases.contains(where: { $0.adjacency == .zeroOut }) {
            sentences.append(
                "Not protected: how many \(unit.plural) there are"
                    + (unit == .worker ? ", who they are, and who took part when." : " at this worker."))
        }
        if releases.contains(where: { $0.sampling != .everybody }) {
            sentences.append(
                unit == .worker
                    ? "Assumed: samples are drawn at random for each round and kept secret. Against somebody who knows "
                        + "who took part, as a coordinator does, account as if everybody had."
                    : "Assumed: samples are drawn at random for each step and kept secret, as a worker's are.")
        }
        if releases.contains(where: \.isDistributed) {
            sentences.append(
                "Assumed: no sum is opened with fewer honest workers than the shares named, and honest workers add "
                    + "the noise they should.")
        }
        return sentences
    }

    fileprivate static func rounded(_ value: Double) -> String { String(format: "%.6g", value) }
}

extension PrivacyRelease {
    fileprivate var isDistributed: Bool {
        if case .distributed = mechanism { true } else { false }
    }

    fileprivate var sentence: String { "Released \(count) times: \(mechanism.words), \(sampling.words)." }
}

extension PrivacyRelease.Mechanism {
    fileprivate var words: String {
        switch self {
        case .gaussian(let noise):
            return "a sum with Gaussian noise of deviation \(PrivacyLedger.rounded(noise)) times its sensitivity"
        case .distributed(let noise):
            let name = noise.kind == .skellam ? "Skellam" : "discrete Gaussian"
            return
                "a masked sum to which each worker adds a share of \(name) noise, so that the shares of any "
                + "\(noise.shares) honest workers together have a deviation of \(PrivacyLedger.rounded(noise.noiseMultiplier)) times the clip of \(PrivacyLedger.rounded(noise.clip))"
        }
    }
}

extension PrivacyRelease.Sampling {
    fileprivate var words: String {
        switch self {
        case .everybody: "everybody taking part"
        case .poisson(let rate): "each taking part with probability \(PrivacyLedger.rounded(rate))"
        case .fixedSize(let size, let population): "\(size) of \(population) taking part, drawn without replacement"
        }
    }
}

extension PrivacyUnit {
    fileprivate var name: String {
        switch self {
        case .worker: "worker and all of its data"
        case .example: "example"
        case .person: "person and all examples of theirs"
        }
    }

    fileprivate var plural: String {
        switch self {
        case .worker: "workers"
        case .example: "examples"
        case .person: "people"
        }
    }
}

extension PrivacyAccountant {
    fileprivate var name: String {
        switch self {
        case .pld: "privacy loss distributions"
        case .rdp: "Rényi differential privacy"
        }
    }
}
