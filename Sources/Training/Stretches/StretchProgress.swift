/// Progress of a stretch.
public struct StretchProgress: Equatable, Sendable {
    /// Steps taken.
    public internal(set) var steps = 0
    /// Steps of the whole stretch.
    public let totalSteps: Int
    /// Examples gone through, repetitions included.
    public internal(set) var examples = 0
    /// Tokens that counted for the loss.
    public internal(set) var supervisedTokens = 0
    /// Tokens worked through.
    public internal(set) var tokens = 0
    /// Norm of the last step's gradient, before clipping.
    public internal(set) var gradientNorm = 0.0
    /// Sum of the token losses, each before its step.
    private var lossSum = 0.0

    init(totalSteps: Int) { self.totalSteps = totalSteps }

    /// Mean loss of a supervised token over all steps so far, without the proximal term.
    public var meanLoss: Double { lossSum / Double(max(1, supervisedTokens)) }

    mutating func add(_ plan: StepPlan, loss: Double, gradientNorm norm: Double) {
        steps += 1
        examples += plan.rows.count
        supervisedTokens += plan.supervisedTokens
        tokens += plan.tokens
        lossSum += loss
        gradientNorm = norm
    }
}
