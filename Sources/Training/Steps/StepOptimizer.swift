public import Adapters
import Tensors

/// Applies a step's summed gradient to the parameters: the divergence check, clipping by the norm, AdamW.
public struct StepOptimizer: Sendable {
    /// Moments and counts, to be saved and restored.
    public var adamW: AdamW
    private let maxGradNorm: Double
    private let parameters: [Tensor]
    private let temperatures: [Tensor]

    /// An optimizer with zero moments.
    ///
    /// - Throws: `TrainingError` if a pattern of `learning_rates` is not a regular expression.
    public init(_ weights: AdapterWeights, _ arguments: TrainingArguments) throws {
        adamW = AdamW(
            try weights.parameters.map { try Self.slot($0, arguments) }, beta1: arguments.adamBeta1,
            beta2: arguments.adamBeta2, epsilon: arguments.adamEpsilon)
        maxGradNorm = arguments.maxGradNorm
        parameters = weights.parameters.map(\.tensor)
        temperatures = weights.parameters.filter { $0.description.role == .temperature }.map(\.tensor)
    }

    private static func slot(
        _ parameter: AdapterWeights.Parameter, _ arguments: TrainingArguments
    ) throws -> (key: String, tensor: Tensor, rateFactor: Double, weightDecay: Double) {
        let key = parameter.description.key
        let rate = try arguments.learningRate(ofParameter: key)
        let factor = arguments.learningRate == 0 ? 0 : rate / arguments.learningRate
        let decays = WeightDecay.applies(to: parameter.description)
        return (key, parameter.tensor, factor, decays ? arguments.weightDecay : 0)
    }

    /// Takes the step.
    ///
    /// - Returns: the gradient's norm before clipping.
    /// - Throws: `TrainingError.diverged` when the loss or a gradient is not finite, before anything has changed, or when
    ///   the step has led to parameters that are not finite.
    public mutating func apply(_ sum: StepGradients, of plan: StepPlan) throws -> Double {
        let span = Span("optimizer")
        defer { span.end() }
        let norm = sum.norm
        guard norm.isFinite, sum.loss.isFinite else { throw TrainingError(diverging: plan) }
        let scale = maxGradNorm > 0 ? min(1, maxGradNorm / (norm + 1e-6)) : 1
        adamW.step(sum.gradients, learningRate: plan.learningRate, gradientScale: scale)
        for scale in temperatures { scale.updateInPlace { $0[0] = min($0[0], AdapterParameter.largestLogitScale) } }
        guard !parameters.contains(where: \.hasNonFinite) else {
            throw TrainingError(diverging: plan, "a weight after the step")
        }
        return norm
    }
}

extension TrainingError {
    /// The error that ends a run in a step with a value that is not finite.
    ///
    /// - Parameter what: the value that is not finite.
    public init(diverging plan: StepPlan, _ what: String = "the loss or its gradient") {
        let rows = plan.rows.prefix(8).map(String.init).joined(separator: ", ")
        self.init(
            .diverged,
            "step \(plan.step + 1): \(what) is not finite (examples \(rows)…): lower training.learning_rate, or "
                + "check these examples"
        )
    }
}
