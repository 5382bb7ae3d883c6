import COpenBLAS
import Testing

@testable import Tensors

@Suite("QR and singular values")
struct LinearAlgebraTests {
    static let shapes = [(5, 3), (3, 5), (4, 4), (1, 6), (6, 1), (1, 1), (40, 17), (0, 3), (3, 0)]

    private func random(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> DenseMatrix {
        var random = TestRandom(seed)
        let elements = (0..<rows * columns).map { _ in Double.random(in: -1...1, using: &random) }
        return DenseMatrix(rows: rows, columns: columns, elements: elements)
    }

    /// A product by its definition.
    private func product(_ a: DenseMatrix, _ b: DenseMatrix) -> DenseMatrix {
        var result = DenseMatrix(zeros: a.rows, b.columns)
        for i in 0..<a.rows {
            for j in 0..<b.columns { result[i, j] = (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] } }
        }
        return result
    }

    private func distance(_ a: DenseMatrix, _ b: DenseMatrix) -> Double {
        guard a.rows == b.rows, a.columns == b.columns else { return .infinity }
        return zip(a.elements, b.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    private func distanceFromOrthonormal(_ q: DenseMatrix) -> Double {
        var identity = DenseMatrix(zeros: q.columns, q.columns)
        for i in 0..<q.columns { identity[i, i] = 1 }
        return distance(product(q.transposed, q), identity)
    }

    private func diagonal(_ values: [Double]) -> DenseMatrix {
        var result = DenseMatrix(zeros: values.count, values.count)
        for (i, value) in values.enumerated() { result[i, i] = value }
        return result
    }

    @Test("Q R is the matrix again, Q orthonormal and R a triangle", arguments: shapes)
    func qr(_ rows: Int, _ columns: Int) throws {
        let matrix = random(rows, columns)
        let factors = try QRFactorization(matrix)
        let (q, r) = (try factors.q(), factors.r)
        #expect(distance(product(q, r), matrix) < 1e-13)
        #expect(distanceFromOrthonormal(q) < 1e-13)
        for j in 0..<r.columns {
            for i in (j + 1)..<max(r.rows, j + 1) { #expect(r[i, j] == 0) }
        }
    }

    @Test("U Σ Vᵀ is the matrix again, U and V orthonormal and Σ descending", arguments: shapes)
    func svd(_ rows: Int, _ columns: Int) throws {
        let matrix = random(rows, columns)
        let svd = try SingularValueDecomposition(matrix)
        #expect(distance(product(product(svd.u, diagonal(svd.values)), svd.v.transposed), matrix) < 1e-13)
        #expect(distanceFromOrthonormal(svd.u) < 1e-13 && distanceFromOrthonormal(svd.v) < 1e-13)
        #expect(zip(svd.values, svd.values.dropFirst()).allSatisfy { $0 >= $1 } && svd.values.allSatisfy { $0 >= 0 })
    }

    @Test("Where a routine does not converge the next one has the matrix as it was", arguments: shapes)
    func secondRoutine(_ rows: Int, _ columns: Int) throws {
        let failing: SingularValueDecomposition.Routine = { rows, columns, a, _, _, _ in
            for index in 0..<Int(rows * columns) { a?[index] = .nan }
            return 1
        }
        let matrix = random(rows, columns)
        let svd = try SingularValueDecomposition(matrix, by: [failing, lorad_lapack_svd_iterate])
        let expected = try SingularValueDecomposition(matrix, by: [lorad_lapack_svd_divide])
        #expect(zip(svd.values, expected.values).allSatisfy { abs($0 - $1) < 1e-13 })
        #expect(distance(product(product(svd.u, diagonal(svd.values)), svd.v.transposed), matrix) < 1e-13)
        guard rows > 0, columns > 0 else { return }
        #expect(throws: TensorError.self) { try SingularValueDecomposition(matrix, by: [failing]) }
    }

    @Test("A product's decomposition is that of the product formed", arguments: [(9, 7, 4), (6, 20, 8), (5, 4, 9)])
    func svdOfProduct(_ rows: Int, _ columns: Int, _ inner: Int) throws {
        let (left, right) = (random(rows, inner, seed: 2), random(columns, inner, seed: 3))
        let formed = product(left, right.transposed)
        let svd = try SingularValueDecomposition.ofProduct(left, right)
        let reference = try SingularValueDecomposition(formed)
        for (found, expected) in zip(svd.values, reference.values) { #expect(abs(found - expected) < 1e-13) }
        #expect(distance(product(product(svd.u, diagonal(svd.values)), svd.v.transposed), formed) < 1e-12)
        let few = try SingularValueDecomposition.ofProduct(left, right, vectors: 2)
        #expect(few.values == svd.values)
        #expect(distance(few.u, svd.u.prefix(columns: 2)) < 1e-14)
        #expect(distance(few.v, svd.v.prefix(columns: 2)) < 1e-14)
    }

    @Test("Known singular values are found, equal and zero ones among them")
    func knownValues() throws {
        let (u, v) = (try QRFactorization(random(8, 4, seed: 4)).q(), try QRFactorization(random(6, 4, seed: 5)).q())
        let values = [3.0, 3, 0.5, 0]
        let matrix = product(product(u, diagonal(values)), v.transposed)
        for (found, expected) in zip(try SingularValueDecomposition(matrix).values, values + [0, 0]) {
            #expect(abs(found - expected) < 1e-14)
        }
    }

    @Test("A matrix with equal columns, and one of zeros, are factored")
    func deficientRank() throws {
        let column = random(6, 1)
        let matrix = DenseMatrix(rows: 6, columns: 3, elements: column.elements + column.elements + column.elements)
        for matrix in [matrix, DenseMatrix(zeros: 6, 3)] {
            let factors = try QRFactorization(matrix)
            #expect(distance(product(try factors.q(), factors.r), matrix) < 1e-14)
            #expect(try SingularValueDecomposition(matrix).values.dropFirst().allSatisfy { $0 < 1e-15 })
        }
    }

    @Test("Products take either operand the other way round")
    func products() throws {
        let (a, b) = (random(3, 5), random(5, 4, seed: 2))
        let expected = product(a, b)
        #expect(distance(try .product(a, b), expected) < 1e-14)
        #expect(distance(try .product(a.transposed, transposingFirst: true, b), expected) < 1e-14)
        #expect(distance(try .product(a, b.transposed, transposingSecond: true), expected) < 1e-14)
        #expect(try DenseMatrix.product(DenseMatrix(zeros: 2, 0), DenseMatrix(zeros: 0, 3)) == DenseMatrix(zeros: 2, 3))
    }

    @Test("Tensors become columns or rows, each times its factor, and come back rounded")
    func tensors() {
        let (a, b) = (Tensor([1, 2, 3, 4], shape: [2, 2]), Tensor([5, 6], shape: [2, 1]))
        #expect(DenseMatrix(columnsOf: [(a, 1), (b, 10)]).elements == [1, 3, 2, 4, 50, 60])
        #expect(DenseMatrix(rowsOf: [(a, 2), (Tensor([7, 8], shape: [1, 2]), 1)]).elements == [2, 4, 6, 8, 7, 8])
        #expect(DenseMatrix(a).tensor.values == a.values && DenseMatrix(b).transposedTensor.shape == [1, 2])
    }

    @Test("NaN and infinity are refused", arguments: [Double.nan, .infinity])
    func notFinite(_ value: Double) {
        let matrix = DenseMatrix(rows: 1, columns: 2, elements: [1, value])
        #expect(throws: TensorError.self) { try QRFactorization(matrix) }
        #expect(throws: TensorError.self) { try SingularValueDecomposition(matrix) }
    }
}
