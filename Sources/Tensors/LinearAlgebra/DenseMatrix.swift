import COpenBLAS

/// A float64 matrix stored column by column, as LAPACK wants it: for factorisations, not for training.
public struct DenseMatrix: Sendable, Equatable {
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// The elements: (i, j) is at `j · rows + i`.
    public private(set) var elements: [Double]

    /// A matrix with the given elements, column by column.
    public init(rows: Int, columns: Int, elements: [Double]) {
        precondition(elements.count == rows * columns, "\(elements.count) elements for [\(rows), \(columns)]")
        (self.rows, self.columns, self.elements) = (rows, columns, elements)
    }

    /// A matrix of zeros.
    public init(zeros rows: Int, _ columns: Int) {
        self.init(rows: rows, columns: columns, elements: Array(repeating: 0, count: rows * columns))
    }

    /// The numbers of a float32 tensor, its outer dimensions as rows.
    public init(_ tensor: Tensor) { self.init(columnsOf: [(tensor, 1)]) }

    /// The numbers of a float32 tensor the other way round, which is how they are in memory.
    public init(transposing tensor: Tensor) { self.init(rowsOf: [(tensor, 1)]) }

    /// The columns of float32 tensors with equally many rows, side by side, each tensor times its factor.
    public init(columnsOf parts: [(tensor: Tensor, factor: Double)]) {
        let rows = parts.first?.tensor.rows ?? 0
        precondition(parts.allSatisfy { $0.tensor.rows == rows }, "tensors with different numbers of rows")
        self.init(rows: rows, columns: parts.reduce(0) { $0 + $1.tensor.columns }, parts) { tensor, factor, target in
            let columns = tensor.columns
            tensor.withFloats { x in
                for j in 0..<columns {
                    for i in 0..<rows { target[j * rows + i] = Double(x[i * columns + j]) * factor }
                }
            }
        }
    }

    /// The rows of float32 tensors with equally many columns, as columns side by side, each tensor times its factor.
    public init(rowsOf parts: [(tensor: Tensor, factor: Double)]) {
        let rows = parts.first?.tensor.columns ?? 0
        precondition(parts.allSatisfy { $0.tensor.columns == rows }, "tensors with different numbers of columns")
        self.init(rows: rows, columns: parts.reduce(0) { $0 + $1.tensor.rows }, parts) { tensor, factor, target in
            tensor.withFloats { x in
                for i in x.indices { target[i] = Double(x[i]) * factor }
            }
        }
    }

    /// Elements that `write` puts down for one tensor after the other.
    private init(
        rows: Int, columns: Int, _ parts: [(tensor: Tensor, factor: Double)],
        _ write: (Tensor, Double, UnsafeMutablePointer<Double>) -> Void
    ) {
        elements = [Double](unsafeUninitializedCapacity: rows * columns) { target, initialized in
            var next = target.baseAddress
            for (tensor, factor) in parts where tensor.count > 0 {
                if let next { write(tensor, factor, next) }
                next = next.map { $0 + tensor.count }
            }
            initialized = rows * columns
        }
        (self.rows, self.columns) = (rows, columns)
    }

    /// The element in row `i` and column `j`.
    public subscript(i: Int, j: Int) -> Double {
        get { elements[j * rows + i] }
        set { elements[j * rows + i] = newValue }
    }

    /// Σ over elements of their squares, ‖·‖_F².
    public var squaredNorm: Double { elements.reduce(0) { $0 + $1 * $1 } }

    /// The matrix rounded to float32, [rows, columns].
    public var tensor: Tensor {
        var values = [Float](repeating: 0, count: elements.count)
        for j in 0..<columns {
            for i in 0..<rows { values[i * columns + j] = Float(elements[j * rows + i]) }
        }
        return Tensor(values, shape: [rows, columns])
    }

    /// The matrix the other way round, rounded to float32, [columns, rows].
    public var transposedTensor: Tensor { Tensor(elements.map(Float.init), shape: [columns, rows]) }

    /// The first `count` columns.
    public func prefix(columns count: Int) -> DenseMatrix {
        precondition(count <= columns, "\(count) of \(columns) columns")
        return DenseMatrix(rows: rows, columns: count, elements: Array(elements.prefix(rows * count)))
    }

    /// Each column j times `factors[j]`.
    public func scalingColumns(by factors: [Double]) -> DenseMatrix {
        precondition(factors.count == columns, "\(factors.count) factors for \(columns) columns")
        var result = self
        for j in 0..<columns {
            for index in j * rows..<(j + 1) * rows { result.elements[index] *= factors[j] }
        }
        return result
    }

    /// The product of two matrices, either read the other way round.
    ///
    /// - Throws: `TensorError.unsupported` if LAPACK is missing.
    public static func product(
        _ a: DenseMatrix, transposingFirst: Bool = false, _ b: DenseMatrix, transposingSecond: Bool = false
    ) throws -> DenseMatrix {
        let (m, k) = transposingFirst ? (a.columns, a.rows) : (a.rows, a.columns)
        let (inner, n) = transposingSecond ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == inner, "a product over \(k) and \(inner) elements")
        try LAPACK.require(m, n, k)
        var result = DenseMatrix(zeros: m, n)
        guard m > 0, n > 0, k > 0 else { return result }
        result.elements.withUnsafeMutableBufferPointer {
            lorad_lapack_multiply(
                transposingFirst ? 1 : 0, transposingSecond ? 1 : 0, Int32(m), Int32(n), Int32(k), a.elements,
                b.elements, $0.baseAddress)
        }
        return result
    }

    /// Lets a routine of LAPACK change the elements.
    mutating func update<Result>(_ body: (UnsafeMutablePointer<Double>?) -> Result) -> Result {
        elements.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }
}
