/// Rows that an operation computes by themselves, and what their dropout masks are drawn from.
struct RowPiece: Equatable, Sendable {
    let rows: Range<Int>
    /// nil while evaluating.
    let dropoutKey: UInt64?

    /// The pieces of an operation on this many rows: one for each example where examples are computed apart, else all rows.
    static func all(ofRows count: Int) -> [RowPiece] {
        guard let keys = Tensor.exampleKeys, let end = Tensor.exampleBoundaries.last, end > 0 else {
            return [RowPiece(rows: 0..<count, dropoutKey: Tensor.dropoutKey)]
        }
        let (unit, boundaries) = (count / end, Tensor.exampleBoundaries)
        return zip(zip(boundaries, boundaries.dropFirst()), keys).compactMap { ends, key in
            ends.0 < ends.1 ? RowPiece(rows: ends.0 * unit..<ends.1 * unit, dropoutKey: key) : nil
        }
    }
}
