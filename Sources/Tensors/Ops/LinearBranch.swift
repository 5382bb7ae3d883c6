// y = f(x, layer), where layer(x) = x Wᵀ + b and whatever stands closer to the weight.

/// A part of a linear layer besides its weight, bias and low-rank factors: a function of the layer's input and of the
/// layer itself, for methods that a sum with B A x cannot express.
public protocol LinearBranch: Sendable {
    /// The tensors that may train.
    var leaves: [Tensor] { get }

    /// What comes out of the layer, [rows, out] in float32.
    ///
    /// - Parameters:
    ///   - x: the layer's input, [rows, in], in the type that is computed in.
    ///   - layer: the map that the branch stands around.
    func callAsFunction(_ x: Tensor, _ layer: Projection) -> Tensor
}

extension Tensor {
    /// As `projected(by:residual:as:)`, one projection after another, for groups in which some have branches.
    func branched(by projections: [Projection], residual: Tensor?, as type: DType?) -> Tensor {
        let parts = projections.map { projection -> Tensor in
            precondition(projection.replaced == nil, "a branch around replaced rows")
            guard let branch = projection.branches.last else { return projected(by: [projection], as: .float32) }
            var layer = projection
            layer.branches.removeLast()
            return branch(self, layer)
        }
        let result =
            parts.count == 1
            ? parts[0]
            : Tensor.joinedColumns(parts.map { $0.reshaped([1, $0.count]) }).reshaped([
                parts.reduce(0) { $0 + $1.count }
            ])
        guard let residual else { return result.cast(to: type ?? dtype) }
        return result + residual
    }
}
