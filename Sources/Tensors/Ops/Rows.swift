// Copies of rows: gather y[i] = x[index[i]], replace rows by others, join columns; pullbacks add rows back.
import CKernels

extension Tensor {
    /// Rows `indices` of a [rows, n] tensor, in float32: an embedding lookup, or a selection of positions.
    public func gathered(_ indices: [Int32], as type: DType = .float32) -> Tensor {
        let span = Span("gather")
        let (x, n) = (target, columns)
        let result = Tensor(uninitialized: [indices.count, n], type)
        for (i, index) in indices.enumerated() {
            precondition(index >= 0 && Int(index) < rows, "row \(index) of \(rows)")
            Line(pointer: pointer + Int(index) * n * dtype.size, dtype: dtype)
                .convert(n, to: result.pointer + i * n * type.size, as: type)
        }
        return result.recorded(span, from: [self]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dx = Tensor(zeros: x.shape)
            for (i, index) in indices.enumerated() { lorad_add(dx.floats + Int(index) * n, dy.floats + i * n, n) }
            gradients.accumulate(dx, for: x)
        }
    }

    /// This float32 tensor with rows `indices` (each once) replaced by the rows of `other`.
    public func replacingRows(_ indices: [Int32], with other: Tensor) -> Tensor {
        let span = Span("replace rows")
        precondition(
            other.rows == indices.count && other.columns == columns, "\(other.shape) into \(indices.count) rows")
        let (x, replaced, n) = (target, other.target, columns)
        let result = copied()
        let source = other.converted(to: .float32)
        for (i, index) in indices.enumerated() {
            (result.floats + Int(index) * n).update(from: source.floats + i * n, count: n)
        }
        return result.recorded(span, from: [self, other]) { upstream, gradients in
            gradients.accumulate(upstream.detached.gathered(indices), for: replaced)
            guard x.isDifferentiable else { return }
            let dx = upstream.copied()
            for index in indices { (dx.floats + Int(index) * n).update(repeating: 0, count: n) }
            gradients.accumulate(dx, for: x)
        }
    }

    /// Float32 tensors with the same number of rows, side by side: [rows, Σ n].
    public static func joinedColumns(_ parts: [Tensor]) -> Tensor {
        let span = Span("join columns")
        guard parts.count > 1 else { return parts[0] }
        let (rows, width) = (parts[0].rows, parts.reduce(0) { $0 + $1.columns })
        let result = Tensor(uninitialized: [rows, width])
        forEachPart(parts, width) { part, row, column in
            (result.floats + column).update(from: part.floats + row * part.columns, count: part.columns)
        }
        let targets = parts.map(\.target)
        return result.recorded(span, from: parts) { upstream, gradients in
            var start = 0
            for part in targets {
                let dx = Tensor(uninitialized: part.shape)
                for row in 0..<rows {
                    (dx.floats + row * dx.columns).update(
                        from: upstream.floats + row * width + start, count: dx.columns)
                }
                start += dx.columns
                gradients.accumulate(dx, for: part)
            }
        }
    }

    /// Constants with the same number of columns and the same type, stacked; `nil` if there are none.
    public static func joinedRows(_ parts: [Tensor]) -> Tensor? {
        guard let first = parts.first else { return nil }
        let result = Tensor(
            uninitialized: [parts.reduce(0) { $0 + $1.rows }, first.columns], first.dtype)
        var target = result.pointer
        for part in parts {
            precondition(part.columns == first.columns && part.dtype == first.dtype, "rows of \(part.shape)")
            target.copyMemory(from: part.pointer, byteCount: part.byteCount)
            target += part.byteCount
        }
        return result
    }

    private static func forEachPart(_ parts: [Tensor], _ width: Int, _ body: (Tensor, Int, Int) -> Void) {
        var start = 0
        for part in parts {
            for row in 0..<part.rows { body(part, row, row * width + start) }
            start += part.columns
        }
    }

    /// The same elements in another shape of the same count.
    public func reshaped(_ shape: [Int]) -> Tensor {
        let span = Span("reshape")
        let x = target
        return view(shape).recorded(span, from: [self]) { upstream, gradients in
            gradients.accumulate(upstream.view(x.shape), for: x)
        }
    }

    /// The same numbers in another type; the gradient passes in this tensor's own.
    public func cast(to type: DType) -> Tensor {
        let span = Span("cast")
        guard type != dtype else { return self }
        let x = target
        return converted(to: type).recorded(span, from: [self]) { upstream, gradients in
            gradients.accumulate(upstream.converted(to: x.dtype), for: x)
        }
    }
}
