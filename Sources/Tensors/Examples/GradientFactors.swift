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
}
