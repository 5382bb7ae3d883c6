import Foundation
import Models
import Privacy
import Tensors

/// Runs mechanisms once each with canaries planted, and sets what an attacker could refute beside what they claim.
struct PrivacyAudit {
    /// What came of an audit.
    struct Result: Equatable, Sendable {
        let mechanism: String
        /// The ε that the ledger reports.
        let epsilon: Double
        /// The ε that the guesses refute.
        let lowerBound: Double
        let counts: OneRunAudit

        /// Whether the mechanism leaks more than it claims.
        var isBroken: Bool { lowerBound > epsilon }
    }

    let settings: AuditSettings
    /// The probability with which a lower bound holds.
    var confidence = 0.95
    /// Decides which canaries are put in. That is no secret once the audit is over.
    var seed = UInt64.random(in: 0 ... .max)

    /// Audits a mechanism.
    ///
    /// - Throws: `PrivacyError` for settings that cannot be.
    func result(of type: any AuditedMechanism.Type) throws -> Result {
        var coins = SplitMix64(seed: seed)
        let included = (0..<settings.canaries).map { _ in coins.next() & 1 == 1 }
        let mechanism = type.init(settings)
        let claimed = try Self.spent(mechanism.releases(), delta: settings.delta)
        let found = try OneRunAudit.best(
            scores: mechanism.scores(of: included), included: included, delta: settings.delta, confidence: confidence)
        return Result(mechanism: type.name, epsilon: claimed, lowerBound: found.lowerBound, counts: found.audit)
    }

    private static func spent(_ releases: [PrivacyRelease], delta: Double) throws -> Double {
        var ledger = PrivacyLedger()
        for release in releases { try ledger.append(release) }
        return try ledger.spent(delta: delta).epsilon
    }
}

extension PrivacyAudit.Result {
    /// The result as a JSON object.
    var json: JSONValue {
        .object([
            .init("mechanism", .string(mechanism)), .init("epsilon", .double(epsilon)),
            .init("lower_bound", .double(lowerBound)), .init("canaries", .int(counts.canaries)),
            .init("guesses", .int(counts.guesses)), .init("correct", .int(counts.correct)),
            .init("broken", .bool(isBroken)),
        ])
    }

    /// The result as a row of a table.
    var cells: [TextTable.Cell] {
        [
            .init(mechanism), .init(String(format: "%.3f", epsilon)),
            .init(String(format: "%.3f", lowerBound), isBroken ? .bad : .good),
            .init("\(counts.correct) of \(counts.guesses)"), .init("\(counts.canaries)"),
        ]
    }

    /// The titles of `cells`.
    static let columns: [TextTable.Column] = [
        .init(title: "mechanism"), .init(title: "claimed epsilon", isRight: true),
        .init(title: "lower bound", isRight: true), .init(title: "right guesses", isRight: true),
        .init(title: "canaries", isRight: true),
    ]
}
