// y = x ∘ v: each column of x times its number of v     (DoRA's magnitudes, the vectors of VeRA and IA³)
//
// dx = dy ∘ v,  dv = Σ dy ∘ x over the rows
import CKernels

extension Tensor {
    /// This tensor [rows, n] with each column multiplied by its number, in float32.
    ///
    /// - Parameter vector: n numbers, float32 of any shape.
    public func scaledColumns(by vector: Tensor) -> Tensor {
        precondition(vector.count == columns, "\(vector.shape) for the columns of \(shape)")
        let span = Span("column scale")
        let (x, v) = (target, vector.target)
        let (input, factors) = (converted(to: .float32), vector.detached)
        let y = input.timesColumns(factors)
        let kept = v.isDifferentiable ? input : nil
        return y.recorded(span, from: [self, vector]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            if let kept {
                let dv = Tensor(zeros: v.shape)
                lorad_column_products(dy.floats, kept.floats, dv.floats, dy.rows, dy.columns)
                gradients.accumulate(dv, for: v)
            }
            gradients.accumulate(dy.timesColumns(factors).converted(to: x.dtype), for: x)
        }
    }

    private func timesColumns(_ factors: Tensor) -> Tensor {
        let result = Tensor(uninitialized: shape)
        lorad_scale_columns(floats, factors.floats, result.floats, rows, columns)
        return result
    }
}
