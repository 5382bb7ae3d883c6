/// What a run that has begun waits for: workers, without whom it cannot go on.
public struct Shortage: Equatable, Sendable {
    /// What there is too little of.
    public enum Need: Equatable, Sendable {
        /// Workers that are there, before the round can begin.
        case workers(there: Int, needed: Int)
        /// Results, before the round can be committed.
        case results(counted: Int, needed: Int)
    }

    /// A worker that is not there.
    public struct Missing: Equatable, Sendable {
        /// What people call it.
        public let name: String
        /// How it went; `nil` if it has not come back since the coordinator started.
        public let state: Member.State?
        /// Why it cannot take part, though it is there.
        public let reason: String?

        /// Names a worker.
        public init(name: String, state: Member.State?, reason: String? = nil) {
            self.name = name
            self.state = state
            self.reason = reason
        }

        init(_ member: Member, reason: String? = nil) {
            self.init(name: member.name, state: member.state, reason: reason)
        }
    }

    /// The round, from 0.
    public var round: Int
    /// What there is too little of.
    public var need: Need
    /// The workers that were there once and are not now, and those that are there and may not take part, in the order of their
    /// names.
    public var missing: [Missing]
    /// How long the run has waited.
    public var waited = Duration.zero
    /// Whether this was said before.
    public var isRepeated = false

    /// Describes what a run waits for.
    public init(round: Int, need: Need, missing: [Missing]) {
        self.round = round
        self.need = need
        self.missing = missing.sorted { ($0.name, $0.state?.rawValue ?? "") < ($1.name, $1.state?.rawValue ?? "") }
    }

    func after(_ wait: StallReports.Wait) -> Shortage {
        var shortage = self
        (shortage.waited, shortage.isRepeated) = (wait.time, wait.isRepeated)
        return shortage
    }
}
