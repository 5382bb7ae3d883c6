/// How far a run has come.
struct ProgressState: Equatable, Sendable {
    /// Optimizer steps taken.
    var step: Int
    /// Optimizer steps of the whole run.
    var totalSteps: Int
    /// The step that this process began at: steps before it took no time of its own.
    var firstStep = 0
    /// Times that the data has been gone through.
    var epoch: Double
    /// The last step's loss.
    var loss: Double?
    /// Tokens worked through in a second.
    var tokensPerSecond: Double?
    /// Seconds since this process began.
    var elapsed: Double

    /// Seconds until the end at the pace so far, or `nil` before the first step.
    var remaining: Double? {
        let taken = step - firstStep
        return taken > 0 ? elapsed / Double(taken) * Double(totalSteps - step) : nil
    }

    /// The share of all steps that is done, from 0 to 1.
    var share: Double { totalSteps > 0 ? min(1, Double(step) / Double(totalSteps)) : 1 }
}
