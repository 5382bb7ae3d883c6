import Adapters
import Tensors

/// What draws parameters back to where they started (FedProx, arXiv:1812.06127): μ/2 ‖x − x₀‖², with the gradient
/// μ (x − x₀).
struct ProximalTerm {
    private let strength: Float
    private let parameters: [Tensor]
    private let origins: [Tensor]

    /// A term around the parameters' present values.
    init(strength: Double, around weights: AdapterWeights) {
        self.strength = Float(strength)
        parameters = weights.parameters.map(\.tensor.detached)
        origins = parameters.map { $0.copied() }
    }

    /// Adds its gradient; a parameter that nothing reached in a step stays without one.
    func add(to gradients: inout [Tensor?]) {
        for index in gradients.indices {
            gradients[index] = gradients[index].map { pulled($0, parameters[index], origins[index]) }
        }
    }

    private func pulled(_ gradient: Tensor, _ parameter: Tensor, _ origin: Tensor) -> Tensor {
        let sum = gradient.copied()
        sum.updateInPlace { sum in
            parameter.withFloats { x in
                origin.withFloats { x0 in
                    for i in sum.indices { sum[i] += strength * (x[i] - x0[i]) }
                }
            }
        }
        return sum
    }
}
