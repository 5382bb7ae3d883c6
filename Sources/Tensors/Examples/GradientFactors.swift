import CKernels

/// What the gradient of a linear map's weight is the product of: leftᵀ right, the rows of both in the order of examples.
struct GradientFactors: Sendable {
    /// [rows, …], of which some columns count.
    let left: Tensor
    let columns: Range<Int>
    /// [rows, …], of which some columns count.
    let right: Tensor
    let rightColumns: Range<Int>
    var computing: DType
    /// Where examples begin among the rows, in any unit that divides them evenly, then the end.
    let boundaries: [Int]

    var rows: Int { right.rows }
    var leftMatrix: Matrix { Matrix(left).columns(columns) }
    var rightMatrix: Matrix { Matrix(right).columns(rightColumns) }

    /// leftᵀ right over some rows, [columns, n] in float32.
    func product(over range: Range<Int>, adding sum: Tensor? = nil) -> Tensor {
        let result = sum ?? Tensor(uninitialized: [columns.count, rightColumns.count])
        Products.multiply(
            leftMatrix.rows(range).transposed, rightMatrix.rows(range), into: Matrix(result),
            accumulate: sum != nil, computing: computing)
        return result
    }

    /// leftᵀ right over all rows.
    func product(_ shape: [Int]) -> Tensor { product(over: 0..<rows).view(shape) }

    /// The rows of each example.
    var examples: [Range<Int>] {
        let unit = rows / max(1, boundaries.last ?? 1)
        return zip(boundaries, boundaries.dropFirst()).map { $0 * unit..<$1 * unit }
    }

    /// ‖leftᵀ right‖² over some rows by way of ⟨left leftᵀ, right rightᵀ⟩ (Goodfellow 2015, arXiv:1510.01799), which takes
    /// fewer operations than the product itself where the rows are few (Bu et al. 2022, arXiv:2205.10683).
    func ghostNorm(over range: Range<Int>) -> Double {
        let grams = [leftMatrix.rows(range), rightMatrix.rows(range)].map { factor in
            let gram = Tensor(uninitialized: [range.count, range.count])
            Products.multiply(factor, factor.transposed, into: Matrix(gram), computing: computing)
            return gram
        }
        return withExtendedLifetime(grams) { lorad_dot(grams[0].floats, grams[1].floats, grams[0].count) }
    }

    /// Whether the detour by way of inner products is the shorter one.
    func prefersGhost(over range: Range<Int>) -> Bool {
        range.count * (columns.count + rightColumns.count) < columns.count * rightColumns.count
    }

    /// The factors with each example's rows scaled: of the narrower one, which is copied.
    func scaled(_ scales: [Float]) -> GradientFactors {
        let isLeft = columns.count <= rightColumns.count
        let narrow = isLeft ? leftMatrix : rightMatrix
        let copy = Tensor(uninitialized: [rows, narrow.columns])
        for (index, range) in examples.enumerated() {
            let scale = index < scales.count ? scales[index] : 0  // rows of no example
            for row in range {
                let target = copy.floats + row * narrow.columns
                Tensor.Line(pointer: narrow.pointer + row * narrow.rowStride * narrow.dtype.size, dtype: narrow.dtype)
                    .convert(narrow.columns, to: UnsafeMutableRawPointer(target), as: .float32)
                for column in 0..<narrow.columns { target[column] *= scale }
            }
        }
        return GradientFactors(
            left: isLeft ? copy : left, columns: isLeft ? 0..<narrow.columns : columns, right: isLeft ? right : copy,
            rightColumns: isLeft ? rightColumns : 0..<narrow.columns, computing: computing, boundaries: boundaries)
    }
}
