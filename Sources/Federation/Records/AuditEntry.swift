public import Foundation

/// A line of a run's audit log: who asked for what, when, from where, and what became of it.
public struct AuditEntry: Codable, Equatable, Sendable {
    /// What became of a request.
    public enum Outcome: String, Codable, Sendable {
        /// It is about to be carried out; a later line says how that went.
        case began
        /// It was carried out.
        case done
        /// It could not be carried out.
        case failed
        /// Whoever asked for it may not.
        case refused
    }

    /// Seconds since 1970.
    public var time: Int
    /// The run's name.
    public var run: String
    /// Who asked, such as `user root`, `token grafana` or `stranger`.
    public var who: String
    /// From where: `local`, or an address.
    public var origin: String
    /// What was asked for, such as `pause`.
    public var action: String
    /// What it was about, by name; never a secret.
    public var details: [String: String]?
    /// What became of it.
    public var outcome: Outcome
    /// Why it failed or was refused.
    public var reason: String?
    /// The number of the line that says that it began.
    public var of: Int?
    /// How many attempts the line stands for, if more than one.
    public var attempts: Int?

    /// Creates a line.
    public init(
        time: Date, run: String, who: String, origin: String, action: String, details: [String: String]? = nil,
        outcome: Outcome, reason: String? = nil, of: Int? = nil, attempts: Int? = nil
    ) {
        self.time = Int(time.timeIntervalSince1970.rounded(.down))
        (self.run, self.who, self.origin, self.action) = (run, who, origin, action)
        (self.details, self.outcome, self.reason, self.of, self.attempts) = (details, outcome, reason, of, attempts)
    }
}
