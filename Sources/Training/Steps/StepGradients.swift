public import Adapters
public import Models
public import Tensors

/// The gradients of some micro-batches of a step: one tensor for each parameter, and the loss that they belong to.
public struct StepGradients: Sendable {
    /// Gradients in the order of the parameters; `nil` if nothing reached a parameter.
    public var gradients: [Tensor?]
    /// Sum of the token losses.
    public var loss: Double

    init(_ gradients: [Tensor?], loss: Double) {
        self.gradients = gradients
        self.loss = loss
    }

    /// The gradients of one micro-batch.
    ///
    /// - Parameters:
    ///   - batch: packed examples.
    ///   - supervisedTokens: of the whole step; the loss of a step is the sum of its token losses divided by this
    ///     number.
    ///   - dropoutKey: the key of the dropout masks of this micro-batch.
    public init(
        _ objective: any ExampleObjective, _ weights: AdapterWeights, _ batch: PackedBatch, supervisedTokens: Int,
        checkpointing: Bool, dropoutKey: UInt64
    ) {
        let sum = Tensor.$dropoutKey.withValue(dropoutKey) { objective.loss(batch, checkpointing: checkpointing) }
        loss = Double(sum.values[0])
        let found = Tensor.$dropoutKey.withValue(dropoutKey) { sum.backward(seed: 1 / Float(supervisedTokens)) }
        gradients = weights.parameters.map { found[$0.tensor] }
    }

    /// The sum of two, in the memory of the first.
    public static func sum(_ first: consuming StepGradients, _ second: consuming StepGradients) -> StepGradients {
        var result = first
        result.loss += second.loss
        for index in result.gradients.indices {
            guard let other = second.gradients[index] else { continue }
            guard let mine = result.gradients[index] else {
                result.gradients[index] = other
                continue
            }
            result.gradients[index] = nil
            result.gradients[index] = mine.sum(adding: other)
        }
        return result
    }

    /// The norm of all gradients together, in float64.
    public var norm: Double {
        gradients.compactMap { $0?.squaredNorm }.reduce(0, +).squareRoot()
    }
}
