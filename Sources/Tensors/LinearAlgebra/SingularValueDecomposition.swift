import COpenBLAS

/// A = U Σ Vᵀ with orthonormal columns in U and V and the singular values descending (LAPACK's dgesdd, or dgesvd if
/// dgesdd does not converge).
public struct SingularValueDecomposition: Sendable {
    /// U, [rows, p], where p is the smaller of A's sizes or the requested number of columns.
    public let u: DenseMatrix
    /// The p singular values, largest first.
    public let values: [Double]
    /// V, [columns, p], with the same number of columns as U.
    public let v: DenseMatrix

    /// Decomposes a matrix of any shape and rank.
    ///
    /// - Throws: `TensorError.unsupported` if LAPACK is missing or fails, or an element is not finite.
    public init(_ matrix: DenseMatrix) throws {
        try self.init(matrix, by: [lorad_lapack_svd_divide, lorad_lapack_svd_iterate])
    }

    /// Factors a matrix and overwrites it: rows, columns, A, Σ, U, Vᵀ; above 0 where it does not converge.
    typealias Routine =
        @convention(c) (
            Int32, Int32, UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Double>?,
            UnsafeMutablePointer<Double>?
        ) -> Int32

    /// - Parameter routines: each is tried where those before it did not converge.
    init(_ matrix: DenseMatrix, by routines: [Routine]) throws {
        try LAPACK.require(matrix.rows, matrix.columns)
        try LAPACK.requireFinite(matrix.elements, "SVD")
        let (rows, columns) = (matrix.rows, matrix.columns)
        let count = min(rows, columns)
        var values = [Double](repeating: 0, count: count)
        var (u, vTransposed) = (DenseMatrix(zeros: rows, count), DenseMatrix(zeros: count, columns))
        var status: Int32 = 0
        for routine in routines where count > 0 {
            var overwritten = matrix
            status = overwritten.update { a in
                u.update { u in
                    vTransposed.update { vt in routine(Int32(rows), Int32(columns), a, &values, u, vt) }
                }
            }
            if status <= 0 { break }
        }
        try LAPACK.check(status, "SVD", rows, columns)
        self.init(u: u, values: values, v: vTransposed.transposed)
    }

    private init(u: DenseMatrix, values: [Double], v: DenseMatrix) {
        (self.u, self.values, self.v) = (u, values, v)
    }

    /// Decomposes the product L Rᵀ without forming it: with L = Q₁R₁ and R = Q₂R₂ the small matrix R₁R₂ᵀ has the same
    /// singular values, and its vectors times Q₁ and Q₂ are those of the product.
    ///
    /// - Parameters:
    ///   - left: L, [rows, k].
    ///   - right: R, [columns, k].
    ///   - limit: the number of vectors to compute. All singular values are returned anyway.
    /// - Throws: `TensorError.unsupported` if LAPACK is missing or fails, or an element is not finite.
    public static func ofProduct(
        _ left: consuming DenseMatrix, _ right: consuming DenseMatrix, vectors limit: Int = .max
    ) throws -> SingularValueDecomposition {
        precondition(left.columns == right.columns, "\(left.columns) columns beside \(right.columns)")
        let (first, second) = (try QRFactorization(left), try QRFactorization(right))
        let core = try SingularValueDecomposition(DenseMatrix.product(first.r, second.r, transposingSecond: true))
        let count = min(limit, core.values.count)
        return SingularValueDecomposition(
            u: try first.applyQ(to: core.u.prefix(columns: count)), values: core.values,
            v: try second.applyQ(to: core.v.prefix(columns: count)))
    }
}

extension DenseMatrix {
    /// The matrix the other way round.
    public var transposed: DenseMatrix {
        var result = DenseMatrix(zeros: columns, rows)
        for j in 0..<columns {
            for i in 0..<rows { result[j, i] = self[i, j] }
        }
        return result
    }
}
