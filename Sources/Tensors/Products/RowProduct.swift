import CKernels

/// y = W x for a single row, by kernels that read W once, as fast as memory gives it, whatever its type.
///
/// Libraries are made for many rows: for one they would have a bfloat16 W expanded first, which moves three times the
/// bytes. Sums are float32 on the exact values of W; x comes rounded to what the products compute in, as with many rows.
///
/// Only what asks for it comes here (`Tensor.rowByRow`): what training computes is the same to the last bit however its
/// rows are divided.
struct RowProduct {
    private let x: Matrix
    private let weights: Matrix
    private let y: Matrix

    /// The product of a by b into c, or `nil` if it is one of another kind.
    init?(_ a: Matrix, _ b: Matrix, into c: Matrix) {
        guard a.rows == 1, a.isRowMajor, c.isRowMajor, !b.isRowMajor, Tensor.RowByRow.isOn else { return nil }
        (x, weights, y) = (a, b.transposed, c)
    }

    /// Computes it, plus a float32 row, adding to what y held when accumulating.
    func run(accumulate: Bool, bias: Tensor?) {
        let input = Operand(x, as: .float32)
        withExtendedLifetime(input) {
            guard y.dtype != .float32 else { return multiply(input.matrix.floats, y, accumulate, bias) }
            let wide = Matrix(Tensor(uninitialized: [1, y.columns]))
            if accumulate { lorad_bf16_to_f32(y.halves, wide.floats, y.columns) }
            multiply(input.matrix.floats, wide, accumulate, bias)
            lorad_f32_to_bf16(wide.floats, y.halves, y.columns)
        }
    }

    private func multiply(_ x: UnsafePointer<Float>, _ y: Matrix, _ accumulate: Bool, _ bias: Tensor?) {
        if let bias { y.addRow(bias, replacing: !accumulate) }
        multiply(x, y.floats, accumulate || bias != nil)
    }

    private func multiply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ accumulate: Bool) {
        let team = RowTeam.current
        let job = RowJob(weights: weights, x: x, y: y, isAdding: accumulate, threads: team?.count ?? 1)
        guard let team, job.parts > 1 else { return job.computeAll() }
        team.compute(job)
    }
}

/// A product of a single row in parts: stretches of the rows of W. It owns no memory.
struct RowJob: @unchecked Sendable {  // parts write to rows of their own
    private let weights: Matrix
    private let x: UnsafePointer<Float>
    private let y: UnsafeMutablePointer<Float>
    private let isAdding: Bool
    /// Rows of a part.
    private let length: Int
    /// How many parts there are.
    let parts: Int

    /// Bytes of W that a part has at least, so that taking it costs little beside.
    private static let partBytes = 1 << 16

    /// y = W x, or y += W x, for some threads.
    init(
        weights: Matrix, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, isAdding: Bool, threads: Int
    ) {
        (self.weights, self.x, self.y, self.isAdding) = (weights, x, y, isAdding)
        let most = weights.rows * weights.columns * weights.dtype.size / Self.partBytes
        let wanted = threads == 1 ? 1 : min(max(1, most), 8 * threads)
        length = (weights.rows / wanted + 4) & ~3  // the kernel takes four rows at a time
        parts = (weights.rows + length - 1) / length
    }

    func computeAll() { compute(0..<weights.rows) }

    func compute(_ part: Int) { compute((part * length..<(part + 1) * length).clamped(to: 0..<weights.rows)) }

    private func compute(_ rows: Range<Int>) {
        let (part, y, adding) = (weights.rows(rows), y + rows.lowerBound, Int32(isAdding ? 1 : 0))
        switch part.dtype {
        case .bfloat16: lorad_row_product_bf16(part.halves, part.stride, x, y, part.rows, part.columns, adding)
        case .float16: lorad_row_product_f16(part.halves, part.stride, x, y, part.rows, part.columns, adding)
        default: lorad_row_product_f32(part.floats, part.stride, x, y, part.rows, part.columns, adding)
        }
    }
}
