import Synchronization

/// The lengths of a matrix's rows, and of the rows of its sum with a product of low rank: no matrix of its size is made.
///
/// ‖W + s B A‖² = ‖W‖² + 2 s Σ B ∘ (W Aᵀ) + s² Σ (B A Aᵀ) ∘ B, the sums over each row.
public struct RowNorms: Sendable {
    /// Rows that are converted to float32 together.
    private static let rowsAtATime = 64

    /// The lengths.
    public let lengths: [Double]

    /// Measures a matrix [rows, n] of any computable type.
    public init(of matrix: Tensor) {
        var lengths: [Double] = []
        Self.forEachBlock(of: matrix) { block, _ in
            block.withFloats { values in
                for row in 0..<block.rows {
                    let line = values[row * block.columns..<(row + 1) * block.columns]
                    lengths.append(line.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
                }
            }
        }
        self.lengths = lengths
    }

    /// The lengths of the rows of `matrix` + s B A.
    ///
    /// - Parameter matrix: the one that was measured.
    public func adding(_ factors: LowRankFactors, to matrix: Tensor) -> [Double] {
        let (a, b, rank, s) = (factors.a.detached, factors.b.values, factors.a.rows, Double(factors.scale))
        let gram = Self.products(a, a)
        var squares = lengths.map { $0 * $0 }
        Self.forEachBlock(of: matrix) { block, start in
            let crossed = Self.products(block, a)
            for row in 0..<block.rows {
                let line = b[(start + row) * rank..<(start + row + 1) * rank].map(Double.init)
                for (i, value) in line.enumerated() {
                    let through = (0..<rank).reduce(0.0) { $0 + line[$1] * Double(gram[$1 * rank + i]) }
                    squares[start + row] += value * (2 * s * Double(crossed[row * rank + i]) + s * s * through)
                }
            }
        }
        return squares.map { max($0, 0).squareRoot() }
    }

    /// x yᵀ, row by row.
    private static func products(_ x: Tensor, _ y: Tensor) -> [Float] {
        // Rows of a weight are no examples of the batch under way.
        Tensor.$exampleKeys.withValue(nil) {
            Tensor.withoutGraph { x.projected(by: [Projection(weight: y)], as: .float32).values }
        }
    }

    private static func forEachBlock(of matrix: Tensor, _ body: (_ block: Tensor, _ start: Int) -> Void) {
        let whole = matrix.detached
        for start in stride(from: 0, to: whole.rows, by: rowsAtATime) {
            body(whole.rows(start..<min(start + rowsAtATime, whole.rows)).converted(to: .float32), start)
        }
    }

    /// The lengths of a frozen matrix, measured at their first use.
    public final class Kept: Sendable {
        private let measured = Mutex<RowNorms?>(nil)

        /// Nothing measured yet.
        public init() {}

        /// The lengths of the matrix's rows; it is the same one at every call, unless it trains.
        public func norms(of matrix: Tensor) -> RowNorms {
            guard !matrix.isDifferentiable else { return RowNorms(of: matrix) }
            return measured.withLock { kept in
                let norms = kept ?? RowNorms(of: matrix)
                kept = norms
                return norms
            }
        }
    }
}
