import Tensors

/// A linear layer with a change of its weight that is made from what trains, in each pass again: y = layer(x) + x ΔWᵀ.
struct DeltaBranch: LinearBranch {
    let leaves: [Tensor]
    /// ΔW [out, in] in float32, as a function of the leaves.
    let delta: @Sendable () -> Tensor

    func callAsFunction(_ x: Tensor, _ layer: Projection) -> Tensor {
        x.projected(by: [Projection(weight: delta())], residual: x.projected(by: [layer], as: .float32))
    }

    /// W + ΔW in float32, without a graph.
    func added(to weight: Tensor) -> Tensor { Tensor.withoutGraph { weight.converted(to: .float32) + delta() } }
}

extension Tensor {
    /// The product of two float32 matrices, [m, k] and [k, n].
    func times(_ other: Tensor) -> Tensor { projected(by: [Projection(weight: other.transposed())], as: .float32) }

    /// This float32 tensor times a number.
    func scaled(by factor: Float) -> Tensor {
        scaledColumns(by: Tensor(Array(repeating: factor, count: columns), shape: [columns]))
    }
}
