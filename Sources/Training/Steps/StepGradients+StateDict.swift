public import Adapters
public import Tensors

extension StepGradients {
    /// The gradients by the keys of a plan's parameters; gradients of unreached parameters are absent.
    public func stateDict(of plan: AdapterPlan) -> StateDict {
        StateDict(
            zip(plan.parameters, gradients).compactMap { parameter, gradient in gradient.map { (parameter.key, $0) } })
    }

    /// Gradients that were computed elsewhere.
    ///
    /// Numbers that are not finite pass: `StepOptimizer` refuses their sum, as it does in a local run.
    ///
    /// - Parameters:
    ///   - state: gradients by the keys of the plan's parameters; an absent one is `nil`.
    ///   - loss: the sum of the token losses.
    ///   - plan: the plan of the trained parameters.
    /// - Throws: `TrainingError.invalidWork` if a key is not in the plan, or a tensor has the wrong shape or type.
    public init(_ state: StateDict, loss: Double, of plan: AdapterPlan) throws {
        let known = Set(plan.parameters.map(\.key))
        if let name = state.names.first(where: { !known.contains($0) }) {
            throw TrainingError(
                .invalidWork, "a gradient of \(name), which is not trained here: both sides must use the same adapter")
        }
        gradients = try plan.parameters.map { parameter in
            try state[parameter.key].map { try Self.checked($0, of: parameter) }
        }
        self.loss = loss
    }

    /// A gradient in memory that sums may be written to.
    private static func checked(_ gradient: Tensor, of parameter: AdapterParameter) throws -> Tensor {
        guard gradient.shape == parameter.shape, gradient.dtype == .float32 else {
            throw TrainingError(
                .invalidWork,
                "the gradient of \(parameter.key) is \(gradient.dtype.rawValue) \(gradient.shape), expected F32 "
                    + "\(parameter.shape): both sides must use the same adapter"
            )
        }
        return gradient.storage.isMapped ? gradient.copied() : gradient
    }
}
