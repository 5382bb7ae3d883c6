// Gradient checkpointing (arXiv:1604.06174): keep a block's input, compute the block again when its gradient is wanted.

extension Tensor {
    /// `block` applied to this tensor. Only the input is kept for the backward pass.
    ///
    /// The block or this tensor must depend on something trainable, and the block must give the same result when called
    /// again.
    public func checkpointed(_ block: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
        let span = Span("checkpoint")
        guard Recording.isOn else { return block(self) }
        let x = self
        let (key, keys, boundaries) = (Tensor.dropoutKey, Tensor.exampleKeys, Tensor.exampleBoundaries)
        let probe = Tensor.withoutGraph { block(x) }
        let anchor = x.isDifferentiable ? x : x.trainable()  // parameters of the block alone are reason enough
        return probe.recorded(span, from: [anchor]) { upstream, gradients in
            let leaf = x.isDifferentiable ? x.detached.trainable() : x.detached
            let again = Tensor.$exampleBoundaries.withValue(boundaries) {
                Tensor.$exampleKeys.withValue(keys) { Tensor.$dropoutKey.withValue(key) { block(leaf) } }
            }
            gradients.propagate(upstream, from: again)
            if let node = leaf.node, let dx = gradients.take(node) { gradients.accumulate(dx, for: x) }
        }
    }
}
