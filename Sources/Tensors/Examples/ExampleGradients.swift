// Gradients of single examples, without the gradients: what a weight's gradient is the product of is kept until it is known
// by how much each example is to be scaled, and multiplied once ("book-keeping", Bu et al. 2023, arXiv:2210.00038). One
// backward pass gives the norm of every example's gradient and any weighted sum of these gradients.

extension Tensor {
    /// Where examples begin among the rows that operations work on, in any unit that divides the rows evenly (tokens,
    /// pictures), then the end.
    @TaskLocal public static var exampleBoundaries: [Int] = []

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

    /// ‖gᵢ‖² of each example's gradient over some leaves together.
    ///
    /// Precondition: the leaves are weights or LoRA factors of linear maps within layers.
    public func squaredNorms(over leaves: [Tensor]) -> [Double] {
        var norms = [Double](repeating: 0, count: count)
        for leaf in leaves {
            let factors = factors(of: leaf)
            guard let first = factors.first else { continue }
            for index in 0..<count {
                let range = first.examples[index]
                guard !range.isEmpty else { continue }
                if factors.count == 1, first.prefersGhost(over: range) {
                    norms[index] += first.ghostNorm(over: range)
                } else {
                    // A leaf that is used more than once: the norm of the sum.
                    let whole = factors.dropFirst().reduce(first.product(over: range)) { sum, other in
                        other.product(over: other.examples[index], adding: sum)
                    }
                    norms[index] += whole.squaredNorm
                }
            }
        }
        return norms
    }

    /// Σ sᵢ gᵢ for a leaf; nil where nothing reached it.
    ///
    /// - Parameter scales: sᵢ of each example.
    public func sum(for leaf: Tensor, scaledBy scales: [Float]) -> Tensor? {
        let factors = factors(of: leaf).map { $0.scaled(scales) }
        guard let first = factors.first else { return nil }
        return factors.dropFirst().reduce(first.product(over: 0..<first.rows)) { sum, other in
            other.product(over: 0..<other.rows, adding: sum)
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
