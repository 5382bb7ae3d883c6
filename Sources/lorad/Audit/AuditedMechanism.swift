import Privacy

/// A mechanism as an audit runs it: by the code that real runs use, on contributions that are made for being recognized.
protocol AuditedMechanism: Sendable {
    /// Its mechanism and unit, by the run file's names.
    static var name: String { get }
    /// Prepares a run.
    init(_ settings: AuditSettings)
    /// What the ledger notes of the whole run.
    ///
    /// - Throws: `PrivacyError` for settings that cannot be.
    func releases() throws -> [PrivacyRelease]
    /// Runs it once.
    ///
    /// - Parameter included: whether each canary is in the data.
    /// - Returns: a score for each canary from what the run releases; higher means more likely included.
    func scores(of included: [Bool]) throws -> [Double]
}

/// The mechanisms that can be audited.
enum AuditedMechanisms {
    static let all: [any AuditedMechanism.Type] = [
        ExampleAudit.self, PersonAudit.self, CentralNoiseAudit.self, QuantileClipAudit.self,
        MaskedCentralNoiseAudit.self, DiscreteGaussianAudit.self, SkellamAudit.self,
    ]
}
