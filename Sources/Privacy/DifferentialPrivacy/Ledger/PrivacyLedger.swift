public import Foundation

/// The releases of a run, in a form that is kept with its state; ε is computed from it whenever asked.
///
/// A release is appended before it happens, or in the transaction that makes it happen, and stays whatever becomes of it:
/// a round whose sample is empty, or whose coordinator dies once its sum may be open, costs what any other does. Equal
/// releases are one entry with a count, so a ledger stays small however long the run is.
public struct PrivacyLedger: Equatable, Sendable {
    /// Whose data the guarantee is about.
    public let unit: PrivacyUnit
    /// What was released.
    public private(set) var releases: [PrivacyRelease] = []

    /// A ledger with nothing in it.
    public init(unit: PrivacyUnit = .worker) { self.unit = unit }

    /// The least ε spent so far at δ.
    ///
    /// - Parameter accountant: the tightest that knows every release, unless given.
    /// - Throws: `PrivacyError` when δ is out of range or the accountant does not know a release.
    public func spent(delta: Double, accountant: PrivacyAccountant? = nil) throws -> PrivacySpent {
        try (accountant ?? .tightest(for: releases)).spent(by: releases, delta: delta)
    }

    /// Whether the target holds once `release` is made too.
    ///
    /// - Throws: `PrivacyError` when its adjacency is not that of the others, and as `spent`.
    public func canAfford(
        _ release: PrivacyRelease, within target: PrivacyTarget, accountant: PrivacyAccountant? = nil
    ) throws -> Bool {
        try appending(release).spent(delta: target.delta, accountant: accountant).epsilon <= target.epsilon
    }

    /// Adds a release that the target allows: to be called, and kept, before the release is made.
    ///
    /// - Returns: What is spent with it.
    /// - Throws: `PrivacyError` with code `budgetExceeded`, the ledger unchanged, when the target would be passed;
    ///   and as `canAfford`.
    @discardableResult
    public mutating func append(
        _ release: PrivacyRelease, within target: PrivacyTarget, accountant: PrivacyAccountant? = nil
    ) throws -> PrivacySpent {
        let next = try appending(release)
        let spent = try next.spent(delta: target.delta, accountant: accountant)
        guard spent.epsilon <= target.epsilon else {
            throw PrivacyError(
                .budgetExceeded,
                "the release would bring epsilon to \(spent.epsilon), past the target of \(target.epsilon) at delta "
                    + "\(target.delta): the run must stop here, or have more noise")
        }
        self = next
        return spent
    }

    /// Adds a release that no target bounds.
    ///
    /// - Throws: `PrivacyError` when its adjacency is not that of the others.
    public mutating func append(_ release: PrivacyRelease) throws { self = try appending(release) }

    private func appending(_ release: PrivacyRelease) throws -> Self {
        if let first = releases.first, Adjacency.common(to: [first.adjacency, release.adjacency]) == nil {
            throw PrivacyError(
                .invalidConfiguration,
                "the ledger holds releases under \(first.adjacency.rawValue); "
                    + "one under \(release.adjacency.rawValue) cannot be composed with them")
        }
        var next = self
        if let known = releases.firstIndex(where: { $0.isAlike(release) }) {
            next.releases[known] = try release.repeated(releases[known].count + release.count)
        } else {
            next.releases.append(release)
        }
        return next
    }
}

/// The stable form: `{"releases": [...], "unit": "worker", "version": 1}`.
extension PrivacyLedger: Codable {
    private enum CodingKeys: String, CodingKey { case version, unit, releases }
    private static let version = 1

    /// Reads a ledger, and checks it as if every release were appended anew.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let version = try values.decode(Int.self, forKey: .version)
        guard version == Self.version else {
            throw PrivacyError(
                .malformed,
                "the privacy ledger is of version \(version), and this program reads \(Self.version): "
                    + "use the program that wrote it")
        }
        self.init(unit: try values.decode(PrivacyUnit.self, forKey: .unit))
        for release in try values.decode([PrivacyRelease].self, forKey: .releases) { try append(release) }
    }

    /// Writes the stable form.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.version, forKey: .version)
        try values.encode(unit, forKey: .unit)
        try values.encode(releases, forKey: .releases)
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
