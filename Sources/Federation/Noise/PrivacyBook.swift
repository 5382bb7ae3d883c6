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
    ///   - record: keeps a release, before it happens; that it is on the disk when it returns is what the budget rests on.
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
        guard let target = try target else { return false }
        return try !ledger.withLock { try $0.canAfford(release, within: target) }
    }

    /// Notes a release, durably, before it is made.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` if the budget does not allow it, and whatever `record` throws; nothing is noted
    ///   then.
    func noteAhead(_ release: PrivacyRelease) throws {
        let target = try target
        try ledger.withLock { ledger in
            var next = ledger
            if let target { try next.append(release, within: target) } else { try next.append(release) }
            try record(release)
            ledger = next
        }
    }

    private var target: PrivacyTarget? {
        get throws {
            try settings.targetEpsilon.map { try PrivacyTarget(epsilon: $0, delta: settings.delta) }
        }
    }

    /// ε so far.
    ///
    /// - Throws: `PrivacyError` where nobody knows how to account for it.
    public func epsilon() throws -> Double { try ledger.withLock { try $0.spent(delta: settings.delta).epsilon } }
}
