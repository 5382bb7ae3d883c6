import CKernels

/// y = W x for a single row, by kernels that read W once, as fast as memory gives it, whatever its type.
///
/// Libraries are made for many rows: for one they would have a bfloat16 W expanded first, which moves three times the
/// bytes. Sums are float32 on the exact values of W; x comes rounded to what the products compute in, as with many rows.
///
/// Only results without a graph come here: what training computes stays with the libraries, to the last bit.
struct RowProduct {
    private let x: Matrix
    private let weights: Matrix
    private let y: Matrix

    /// The product of a by b into c, or nil where it is one of another kind.
    init?(_ a: Matrix, _ b: Matrix, into c: Matrix) {
        guard a.rows == 1, a.isRowMajor, c.isRowMajor, !b.isRowMajor, !Tensor.Recording.isOn else { return nil }
        (x, weights, y) = (a, b.transposed, c)
    }

    /// Computes it, adding to what y held when accumulating.
    func run(accumulate: Bool) {
        let input = Operand(x, as: .float32)
        withExtendedLifetime(input) {
            guard y.dtype != .float32 else { return multiply(input.matrix.floats, y.floats, accumulate) }
            let wide = Tensor(uninitialized: [y.columns])
            if accumulate { lorad_bf16_to_f32(y.halves, wide.floats, wide.count) }
            multiply(input.matrix.floats, wide.floats, accumulate)
            lorad_f32_to_bf16(wide.floats, y.halves, wide.count)
        }
    }

    private func multiply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ accumulate: Bool) {
        let (rows, n, stride, adding) = (weights.rows, weights.columns, weights.stride, Int32(accumulate ? 1 : 0))
        switch weights.dtype {
        case .bfloat16: lorad_row_product_bf16(weights.halves, stride, x, y, rows, n, adding)
        case .float16: lorad_row_product_f16(weights.halves, stride, x, y, rows, n, adding)
        default: lorad_row_product_f32(weights.floats, stride, x, y, rows, n, adding)
        }
    }
}
