import Federation

/// How a run that is being coordinated goes: what its events come to.
struct RunStatus: Equatable, Sendable {
    /// Where the run is.
    enum Phase: String, CaseIterable, Sendable {
        /// Waiting for workers.
        case gathering
        /// A round is open.
        case working
        case finished
        case failed
    }

    /// What became of results.
    enum Outcome: String, CaseIterable, Sendable {
        case counted, late, refused, failed
    }

    let run: String
    let unit: RunUnit
    /// Rounds of the whole run.
    let rounds: Int
    /// Whether differential privacy keeps figures back.
    let isWithheld: Bool
    /// Rounds that are done.
    private(set) var done: Int
    private(set) var phase = Phase.gathering
    /// Whether no further round begins.
    private(set) var isPaused = false
    /// The last round's loss.
    private(set) var loss: Double?
    /// Tokens worked through by this process's rounds.
    private(set) var tokens = 0
    private(set) var outcomes: [Outcome: Int] = [:]
    private(set) var pace = Pace()

    /// A run of which `done` rounds were done before this process began.
    init(run: String, unit: RunUnit, rounds: Int, done: Int, isWithheld: Bool = false) {
        self.run = run
        self.isWithheld = isWithheld
        self.unit = unit
        self.rounds = rounds
        self.done = done
    }

    /// Records an event.
    mutating func take(_ event: CoordinatorEvent, at now: Duration) {
        switch event {
        case .roundOpened:
            phase = .working
            pace.begin(at: now)
        case .counted: outcomes[.counted, default: 0] += 1
        case .late: outcomes[.late, default: 0] += 1
        case .refused: outcomes[.refused, default: 0] += 1
        case .taskFailed: outcomes[.failed, default: 0] += 1
        case .committed(let report):
            phase = .gathering
            done = report.round + 1
            loss = report.loss
            tokens += report.tokens
            pace.add(tokens: report.tokens, at: now)
        case .finished: phase = .finished
        case .failed: phase = .failed
        case .roundLost: phase = .gathering
        case .paused: isPaused = true
        case .resumed: isPaused = false
        case .deadlineExtended, .joined, .fellSilent, .left, .excluded, .barred, .leftOut, .distrusted, .outOfRange,
            .roundGivenUp,
            .closedEarly, .waitingBeyondDeadline, .stalled, .endedEarly:
            break
        }
    }

    /// Seconds until the end at the present pace; `nil` before the first round is done, and when all are.
    var remaining: Double? { done < rounds ? pace.secondsPerRound.map { $0 * Double(rounds - done) } : nil }

    /// The share of all rounds that is done, from 0 to 1.
    var share: Double { rounds > 0 ? min(1, Double(done) / Double(rounds)) : 1 }
}
