/// Accounts by Rényi differential privacy: curves add, and the best order gives ε.
public struct RDPAccountant: Equatable, Sendable {
    /// The curve of everything composed.
    public private(set) var curve = RenyiCurve()

    /// An accountant of no release.
    public init() {}

    /// An accountant of releases, of one adjacency.
    public init(_ releases: [PrivacyRelease]) { for release in releases { compose(release) } }

    /// Adds releases.
    public mutating func compose(_ release: PrivacyRelease) { curve.compose(release.curve, count: release.count) }

    /// Adds a mechanism that is known by its curve alone.
    public mutating func compose(_ curve: RenyiCurve, count: Int) { self.curve.compose(curve, count: count) }

    /// The least ε, and the order at which it was found.
    ///
    /// - Throws: `PrivacyError` when δ is not between 0 and 1.
    public func epsilon(delta: Double) throws -> RenyiBound { try curve.epsilon(delta: delta) }
}
