import COpenBLAS

/// A = Q R with orthonormal columns in Q and an upper triangle in R, by Householder reflectors (LAPACK's dgeqrf).
///
/// Q is kept as reflectors: `applyQ` costs less than forming it.
public struct QRFactorization: Sendable {
    private let factors: DenseMatrix
    private let reflectorScales: [Double]

    /// Columns of Q and rows of R: the smaller of A's sizes.
    public var count: Int { reflectorScales.count }

    /// Factors a matrix of any shape and rank.
    ///
    /// - Throws: `TensorError.unsupported` if LAPACK is missing or an element is not finite.
    public init(_ matrix: consuming DenseMatrix) throws {
        try LAPACK.require(matrix.rows, matrix.columns)
        try LAPACK.requireFinite(matrix.elements, "QR")
        let (rows, columns) = (matrix.rows, matrix.columns)
        var scales = [Double](repeating: 0, count: min(rows, columns))
        if !scales.isEmpty {
            let status = matrix.update { lorad_lapack_qr(Int32(rows), Int32(columns), $0, &scales) }
            try LAPACK.check(status, "QR", rows, columns)
        }
        factors = matrix
        reflectorScales = scales
    }

    /// R, [count, columns of A].
    public var r: DenseMatrix {
        var result = DenseMatrix(zeros: count, factors.columns)
        for j in 0..<factors.columns {
            for i in 0..<min(j + 1, count) { result[i, j] = factors[i, j] }
        }
        return result
    }

    /// Q x, [rows of A, columns of x], for x of `count` rows.
    ///
    /// - Throws: `TensorError.unsupported` if LAPACK fails.
    public func applyQ(to x: DenseMatrix) throws -> DenseMatrix {
        precondition(x.rows == count, "Q has \(count) columns, not \(x.rows)")
        var result = DenseMatrix(zeros: factors.rows, x.columns)
        for j in 0..<x.columns {
            for i in 0..<x.rows { result[i, j] = x[i, j] }
        }
        guard count > 0, x.columns > 0 else { return result }
        let (m, n, k) = (Int32(result.rows), Int32(result.columns), Int32(count))
        let status = result.update { lorad_lapack_apply_q(m, n, k, factors.elements, reflectorScales, $0) }
        try LAPACK.check(status, "Q of QR", factors.rows, factors.columns)
        return result
    }

    /// Q itself, [rows of A, count].
    ///
    /// - Throws: `TensorError.unsupported` if LAPACK fails.
    public func q() throws -> DenseMatrix {
        var identity = DenseMatrix(zeros: count, count)
        for i in 0..<count { identity[i, i] = 1 }
        return try applyQ(to: identity)
    }
}
