import CKernels
import Tensors

extension Tensor {
    /// A float32 tensor written element by element by `body`, which gets its memory.
    static func filled(_ shape: [Int], _ body: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows -> Tensor {
        let result = Tensor(zeros: shape)
        try result.updateInPlace(body)
        return result
    }

    /// f(x, y) of each pair of elements, in float64, rounded once.
    func combined(with other: Tensor, _ f: (Double, Double) -> Double) -> Tensor {
        Tensor.filled(shape) { result in
            withFloats { x in
                other.withFloats { y in
                    for i in result.indices { result[i] = Float(f(Double(x[i]), Double(y[i]))) }
                }
            }
        }
    }

    /// Each element times a factor, in float64, rounded once.
    func scaled(by factor: Double) -> Tensor {
        guard factor != 1 else { return self }
        return Tensor.filled(shape) { result in
            withFloats { x in
                for i in result.indices { result[i] = Float(Double(x[i]) * factor) }
            }
        }
    }

    /// The matrix with its first `columns` columns, or with columns of zeros added, each element times a factor.
    func resized(columns: Int, scaledBy factor: Double = 1) -> Tensor {
        let old = self.columns
        guard columns != old else { return scaled(by: factor) }
        return Tensor.filled([rows, columns]) { result in
            withFloats { x in
                for i in 0..<rows {
                    for j in 0..<min(columns, old) {
                        result[i * columns + j] = Float(Double(x[i * old + j]) * factor)
                    }
                }
            }
        }
    }

    /// The matrix with rows of zeros added below.
    func padded(rows: Int) -> Tensor {
        guard rows != self.rows else { return self }
        return Tensor.filled([rows, columns]) { result in
            withFloats { x in _ = result.update(fromContentsOf: x) }
        }
    }

    /// ‖x − y‖² in float64.
    func squaredDistance(to other: Tensor) -> Double {
        withFloats { x in other.withFloats { y in lorad_squared_distance(x.baseAddress, y.baseAddress, x.count) } }
    }
}

extension Tensor {
    /// Matrices with equally many columns, one below the other.
    static func joined(rows parts: [Tensor]) -> Tensor {
        let columns = parts.first?.columns ?? 0
        return Tensor.filled([parts.reduce(0) { $0 + $1.rows }, columns]) { result in
            var next = 0
            for part in parts {
                part.withFloats { _ = result[next...].update(fromContentsOf: $0) }
                next += part.count
            }
        }
    }

    /// Matrices with equally many rows, side by side.
    static func joined(columns parts: [Tensor]) -> Tensor {
        let (rows, columns) = (parts.first?.rows ?? 0, parts.reduce(0) { $0 + $1.columns })
        return Tensor.filled([rows, columns]) { result in
            var first = 0
            for part in parts {
                part.withFloats { x in
                    for i in 0..<rows {
                        for j in 0..<part.columns { result[i * columns + first + j] = x[i * part.columns + j] }
                    }
                }
                first += part.columns
            }
        }
    }
}
