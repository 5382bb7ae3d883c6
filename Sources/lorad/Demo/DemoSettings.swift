/// How large a demonstration is.
struct DemoSettings {
    var workers = 3
    var seed: UInt64 = 1
    /// Images that workers share out, and images that adapters are judged by.
    var pictures = (training: 3_000, test: 800)
    var rounds = 48
    /// Rounds between two evaluations.
    var evaluationRounds = 12
    /// Steps that a worker takes in a round.
    var localSteps = 2
    /// Examples of a worker's step.
    var batch = 16
    /// Dirichlet's parameter: the smaller, the more the workers' data differ.
    var concentration = 0.3
    /// The budget of differential privacy, if requested.
    var epsilon: Double?
    /// The probability that the budget's guarantee may fail.
    static let delta = 1e-5

    /// A look at everything in a few seconds; too short to learn much.
    static let fast: Self = {
        var settings = Self()
        settings.pictures = (training: 240, test: 60)
        settings.rounds = 3
        settings.evaluationRounds = 1
        settings.localSteps = 3
        return settings
    }()
}
