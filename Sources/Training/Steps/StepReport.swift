/// Figures of one optimizer step.
public struct StepReport: Sendable, Equatable {
    /// Steps taken, this one included.
    public var step: Int
    /// Steps of the whole run.
    public var totalSteps: Int
    /// Times that the data has been gone through.
    public var epoch: Double
    /// Mean loss of a supervised token.
    public var loss: Double
    /// The learning rate that was used.
    public var learningRate: Double
    /// The gradient's norm before clipping.
    public var gradientNorm: Double
    /// Tokens that counted for the loss.
    public var supervisedTokens: Int
    /// Tokens worked through.
    public var tokens: Int
    /// Wall-clock seconds.
    public var seconds: Double
}
