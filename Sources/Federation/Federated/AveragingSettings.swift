/// How a run's rounds of local training are put together.
public struct AveragingSettings: Sendable {
    /// Who takes part in a round.
    public enum Participation: Equatable, Sendable {
        /// Workers with data of their own: a share of those that are there, drawn anew each round, and never fewer than
        /// `minimum`, which is also the fewest results of a round. Under differential privacy without masks a share below 1
        /// is drawn by independent coins, and a round may have any number of results.
        case sampled(share: Double, minimum: Int)
        /// So many stretches of work on the coordinator's data, which any worker may do.
        case replicas(Int)
    }

    /// Rounds of the run.
    public var rounds: Int
    /// Who takes part.
    public var participation: Participation
    /// Workers that must be there before any round begins.
    public var minimumWorkers: Int
    /// Time after which a round goes on without those that are late; nil waits for all.
    public var deadline: Duration?
    /// Draws the samples.
    public var seed: UInt64
    /// The most examples that a worker's weight may stand for.
    public var largestWeight: Double
    /// The longest difference that an update may have; longer ones are refused.
    public var hardNormBound: Double?
    /// Secure aggregation, where there is any.
    public var masking: MaskingSettings?
    /// Differential privacy, where there is any.
    public var privacy: PrivacyBook?
    /// What workers tell besides updates. Under `privacy` it is updates alone, all of one weight.
    public var disclosure = Disclosure.everything
    /// Called, before shares are asked for that open a round's sum of results without noise, with the round: it is to be
    /// made durable, for those results must not be summed again.
    public var willOpen: @Sendable (Int) throws -> Void = { _ in }
    /// The last round for which `willOpen` was called.
    public var openedRound: Int?
    /// The most rank that what is added to the frozen base may take, by module.
    public var gainRank: Int

    /// Creates settings.
    public init(
        rounds: Int, participation: Participation, minimumWorkers: Int, deadline: Duration? = nil, seed: UInt64,
        largestWeight: Double = 1e6, hardNormBound: Double? = nil, gainRank: Int = 256
    ) {
        self.rounds = rounds
        self.participation = participation
        self.minimumWorkers = minimumWorkers
        self.deadline = deadline
        self.seed = seed
        self.largestWeight = largestWeight
        self.hardNormBound = hardNormBound
        self.gainRank = gainRank
    }
}
