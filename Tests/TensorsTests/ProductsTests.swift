import Testing

@testable import Tensors

@Suite("Matrix products")
struct ProductsTests {
    struct Shape: Sendable {
        var m, n, k: Int
    }

    static let shapes = [
        Shape(m: 1, n: 1, k: 1), Shape(m: 3, n: 5, k: 7), Shape(m: 40, n: 33, k: 65), Shape(m: 1, n: 300, k: 129),
        Shape(m: 70, n: 1, k: 64), Shape(m: 9, n: 700, k: 400),
    ]

    private func naive(_ a: [Float], _ b: [Float], _ c: [Float], _ s: Shape) -> [Float] {
        (0..<s.m * s.n).map { index in
            let (i, j) = (index / s.n, index % s.n)
            return Float((0..<s.k).reduce(Double(c[index])) { $0 + Double(a[i * s.k + $1]) * Double(b[$1 * s.n + j]) })
        }
    }

    private func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).map { abs($0 - $1) }.max().map { $0 / (b.map(abs).max() ?? 1) } ?? 0
    }

    /// The same numbers stored the other way round, read as before.
    private func stored(_ tensor: Tensor, transposed: Bool) -> (Matrix, Tensor) {
        guard transposed else { return (Matrix(tensor), tensor) }
        let (rows, columns, values) = (tensor.rows, tensor.columns, tensor.values)
        let flipped = Tensor(
            (0..<rows * columns).map { values[$0 % rows * columns + $0 / rows] }, shape: [columns, rows])
        let kept = tensor.dtype == .float32 ? flipped : flipped.converted(to: tensor.dtype)
        return (Matrix(kept).transposed, kept)
    }

    @Test("Every layout, with and without adding, equals the sum of products", arguments: shapes)
    func layouts(shape: Shape) {
        var random = TestRandom(3)
        let (a, b) = (random.tensor([shape.m, shape.k]), random.tensor([shape.k, shape.n]))
        let start = random.tensor([shape.m, shape.n])
        for (flipA, flipB, accumulate) in [
            (false, false, false), (false, true, true), (true, false, true), (true, true, false),
        ] {
            let ((left, keepLeft), (right, keepRight)) = (stored(a, transposed: flipA), stored(b, transposed: flipB))
            let c = start.copied()
            Products.multiply(left, right, into: Matrix(c), accumulate: accumulate, computing: .float32)
            let base = accumulate ? start.values : Array(repeating: 0, count: c.count)
            #expect(distance(c.values, naive(a.values, b.values, base, shape)) < 1e-5)
            withExtendedLifetime((keepLeft, keepRight)) {}
        }
    }

    @Test("Half-precision weights multiply as their float32 values do", arguments: [DType.bfloat16, .float16], shapes)
    func halfWeights(type: DType, shape: Shape) {
        var random = TestRandom(4)
        let a = random.tensor([shape.m, shape.k])
        let weights = random.tensor([shape.k, shape.n]).converted(to: type)
        let expected = naive(
            a.values, weights.values, Array(repeating: 0, count: shape.m * shape.n), shape)
        for flip in [false, true] {
            let (matrix, kept) = stored(weights, transposed: flip)
            let c = Tensor(zeros: [shape.m, shape.n])
            Products.multiply(Matrix(a), matrix, into: Matrix(c), computing: .float32)
            #expect(distance(c.values, expected) < 1e-5)
            withExtendedLifetime(kept) {}
        }
    }

    @Test("A product into a slice of columns leaves the others alone")
    func slices() {
        let c = Tensor([Float](repeating: 7, count: 12), shape: [2, 6])
        let a = Tensor([1, 2, 3, 4], shape: [2, 2])
        Products.multiply(Matrix(a), Matrix(a), into: Matrix(c).columns(2..<4), computing: .float32)
        #expect(c.values == [7, 7, 7, 10, 7, 7, 7, 7, 15, 22, 7, 7])
    }

    @Test("bfloat16 results are rounded sums, added to what was there")
    func bfloat16Result() {
        let c = Tensor([1, 2, 3, 4], shape: [2, 2]).converted(to: .bfloat16)
        let a = Tensor([1, 0, 0, 1], shape: [2, 2]).converted(to: .bfloat16)
        Products.multiply(Matrix(a), Matrix(a), into: Matrix(c), accumulate: true, computing: .bfloat16)
        #expect(c.values == [2, 2, 3, 5])
    }
}
