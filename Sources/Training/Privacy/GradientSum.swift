import Adapters
import Tensors

/// A sum of gradients in whole steps of a grid, which lanes add to in any order: additions are exact.
final class GradientSum: Sendable {
    let grid: NormGrid
    /// One sum for each parameter; `nil` for one that keeps its values.
    private let sums: [Locked<[Int64]>?]

    /// Zeros.
    ///
    /// - Parameter trained: the tensors that train, nil in the place of one that keeps its values.
    init(_ trained: [Tensor?], grid: NormGrid) {
        self.grid = grid
        sums = trained.map { $0.map { Locked(Array(repeating: 0, count: $0.count)) } }
    }

    /// Adds a gradient, one tensor for each parameter, times a factor; nil adds nothing.
    func add(_ gradients: [Tensor?], factor: Double) {
        guard factor != 0 else { return }
        for (gradient, sum) in zip(gradients, sums) {
            guard let gradient, let sum else { continue }
            sum.withLock { grid.add(gradient, factor: factor, to: &$0) }
        }
    }

    /// The steps of all parameters that train, one after the other.
    var steps: [Int64] { sums.flatMap { $0?.withLock { $0 } ?? [] } }
}
