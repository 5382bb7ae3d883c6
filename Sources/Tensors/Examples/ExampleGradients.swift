// Gradients of single examples from one backward pass: the factors of every weight's gradient are kept and multiplied
// example by example ("book-keeping", Bu et al. 2023, arXiv:2210.00038).

extension Tensor {
    /// Where examples begin among the rows that operations work on, in any unit that divides the rows evenly (tokens,
    /// images), then the end.
    @TaskLocal public static var exampleBoundaries: [Int] = []

    /// Set, makes operations compute each example as if it were alone: matrix products take the rows of one example at a
    /// time, and dropout masks are drawn from its own key. What is computed of an example is then the same to the last bit
    /// whatever shares the pass. nil computes all rows together.
    @TaskLocal public static var exampleKeys: [UInt64]?

    /// Runs `body`, whose operations work on some of the rows, in rising order: `exampleBoundaries` become theirs.
    public static func withRows<Result>(_ rows: [Int32], _ body: () throws -> Result) rethrows -> Result {
        let boundaries = exampleBoundaries.map { end in rows.firstIndex { $0 >= end } ?? rows.count }
        return try $exampleBoundaries.withValue(boundaries, operation: body)
    }
}

/// The gradients of a backward pass by example, for leaves that are weights of linear maps or LoRA factors of them.
public struct ExampleGradients: Sendable {
    private let gradients: Gradients
    private let count: Int

    fileprivate init(_ gradients: Gradients, count: Int) {
        (self.gradients, self.count) = (gradients, count)
    }

    /// The gradient of one example for a leaf, in float32; `nil` if nothing reached it.
    ///
    /// Precondition: the leaf is a weight or LoRA factor of a linear map within layers.
    public func gradient(ofExample index: Int, for leaf: Tensor) -> Tensor? {
        precondition(index < count, "example \(index) of \(count)")
        let factors = factors(of: leaf).filter { !$0.examples[index].isEmpty }
        guard let first = factors.first else { return nil }
        // A leaf that is used more than once has the sum.
        return factors.dropFirst().reduce(first.product(over: first.examples[index])) { sum, other in
            other.product(over: other.examples[index], adding: sum)
        }.view(leaf.shape)
    }

    private func factors(of leaf: Tensor) -> [GradientFactors] {
        precondition(gradients[leaf] == nil, "the gradient of a leaf of shape \(leaf.shape) is not split by example")
        return leaf.node.flatMap { gradients.book?[ObjectIdentifier($0)] } ?? []
    }
}

extension Tensor {
    /// Gradients of `self`, one number, by example: as `backward`, for a graph that was made under `exampleBoundaries`.
    ///
    /// - Parameter count: the number of examples.
    public consuming func backwardByExample(count: Int) -> ExampleGradients {
        precondition(self.count == 1, "backward starts from one number, not from the shape \(shape)")
        var gradients = Gradients()
        gradients.book = [:]
        gradients.propagate(Tensor([1], shape: shape), from: self)
        return ExampleGradients(gradients, count: count)
    }
}
