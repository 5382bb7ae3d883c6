import Foundation
public import Privacy
import Synchronization

/// A run's ledger while it goes on: asks before each round whether the budget allows it, and notes what is released.
public final class PrivacyBook: Sendable {
    /// What is asked for.
    public let settings: NoiseSettings
    private let ledger: Mutex<PrivacyLedger>
    /// Makes a release durable before it happens.
    private let record: @Sendable (PrivacyRelease) throws -> Void

    /// Opens the book of a run.
    ///
    /// - Parameters:
    ///   - ledger: what the run has released so far.
    ///   - record: keeps a release that happens before its round's commit; that it is on the disk when it returns is what
    ///     the budget rests on.
    public init(
        _ settings: NoiseSettings, ledger: PrivacyLedger,
        record: @escaping @Sendable (PrivacyRelease) throws -> Void
    ) {
        self.settings = settings
        self.ledger = Mutex(ledger)
        self.record = record
    }

    /// Whether the budget allows no further release like this one.
    ///
    /// - Throws: `PrivacyError` where nobody knows how to account for it.
    func isSpent(by release: PrivacyRelease) throws -> Bool {
        guard let target = settings.targetEpsilon else { return false }
        let bound = try PrivacyTarget(epsilon: target, delta: settings.delta)
        return try !ledger.withLock { try $0.canAfford(release, within: bound) }
    }

    /// Notes a release that is made durable together with the round's commit.
    func note(_ release: PrivacyRelease) throws { try ledger.withLock { try $0.append(release) } }

    /// Notes a release, durably, before it is made.
    func noteAhead(_ release: PrivacyRelease) throws {
        try record(release)
        try note(release)
    }

    /// ε so far.
    ///
    /// - Throws: `PrivacyError` where nobody knows how to account for it.
    public func epsilon() throws -> Double { try ledger.withLock { try $0.spent(delta: settings.delta).epsilon } }
}
