public import Foundation

/// The releases of a run, in a form that is kept with its state; ε is computed from it whenever asked.
///
/// Equal releases are one entry with a count, so a ledger stays small however long the run is.
public struct PrivacyLedger: Equatable, Sendable, Codable {
    /// What was released.
    public private(set) var releases: [PrivacyRelease] = []

    /// A ledger with nothing in it.
    public init() {}

    /// Reads a ledger, and checks it as if every release were recorded anew.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        for release in try values.decode([PrivacyRelease].self, forKey: .releases) { try record(release) }
    }

    /// Adds a release.
    ///
    /// A round that released nothing because too few took part is not recorded; a round whose sample was empty, but
    /// whose noise was published, is.
    ///
    /// - Throws: `PrivacyError` when its adjacency is not that of the others.
    public mutating func record(_ release: PrivacyRelease) throws {
        if let first = releases.first, first.adjacency != release.adjacency {
            throw PrivacyError(
                .invalidConfiguration,
                "the ledger holds releases under \(first.adjacency.rawValue); "
                    + "one under \(release.adjacency.rawValue) cannot be composed with them")
        }
        let known = try releases.firstIndex { try $0.repeated(release.count) == release }
        guard let known else { return releases.append(release) }
        releases[known] = try release.repeated(releases[known].count + release.count)
    }

    /// The ledger after another release.
    ///
    /// - Throws: `PrivacyError` as `record`.
    public func recording(_ release: PrivacyRelease) throws -> Self {
        var copy = self
        try copy.record(release)
        return copy
    }

    /// The least ε spent so far at δ.
    ///
    /// - Parameter accountant: the tightest that knows every release, unless given.
    /// - Throws: `PrivacyError` when δ is out of range or the accountant does not know a release.
    public func spent(delta: Double, accountant: PrivacyAccountant? = nil) throws -> PrivacySpent {
        try (accountant ?? .tightest(for: releases)).spent(by: releases, delta: delta)
    }

    /// Whether the target would be passed once `release` is made: asked before, so that a run stops in time.
    ///
    /// - Throws: `PrivacyError` as `record` and `spent`.
    public func wouldExceed(
        _ target: PrivacyTarget, after release: PrivacyRelease, accountant: PrivacyAccountant? = nil
    ) throws -> Bool {
        try recording(release).spent(delta: target.delta, accountant: accountant).epsilon > target.epsilon
    }

    /// Adds a release if the target allows it.
    ///
    /// - Throws: `PrivacyError` with code `budgetExceeded`, the ledger unchanged, when it does not.
    public mutating func record(
        _ release: PrivacyRelease, within target: PrivacyTarget, accountant: PrivacyAccountant? = nil
    ) throws {
        let next = try recording(release)
        let spent = try next.spent(delta: target.delta, accountant: accountant)
        guard spent.epsilon <= target.epsilon else {
            throw PrivacyError(
                .budgetExceeded,
                "the release would bring epsilon to \(spent.epsilon), past the target of \(target.epsilon) at delta "
                    + "\(target.delta): the run must stop here, or have more noise")
        }
        self = next
    }

    /// The ledger as JSON with sorted keys: equal ledgers give equal bytes.
    ///
    /// - Throws: what the encoder throws; nothing in a ledger makes it.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try encoder.encode(self)
    }

    /// Reads `json`.
    ///
    /// - Throws: `PrivacyError` with code `malformed` when it is not a ledger, with the reason.
    public init(json: Data) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: json)
        } catch {
            throw PrivacyError(.malformed, "the privacy ledger cannot be read", cause: error)
        }
    }
}
