import Testing

@testable import Tensors

@Suite("Lengths of rows")
struct RowNormsTests {
    private var random = TestRandom(4)

    private func lengths(_ values: [Double], columns: Int) -> [Double] {
        stride(from: 0, to: values.count, by: columns).map { start in
            values[start..<start + columns].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }

    @Test("are those of the matrix, in float32 and bfloat16", arguments: [DType.float32, .bfloat16])
    mutating func plain(type: DType) {
        let matrix = random.tensor([130, 9]).converted(to: type)
        let expected = lengths(matrix.values.map(Double.init), columns: 9)
        for (found, expected) in zip(RowNorms(of: matrix).lengths, expected) {
            #expect(abs(found - expected) < 1e-12)
        }
    }

    @Test("are those of its sum with a product of low rank", arguments: [DType.float32, .bfloat16])
    mutating func sum(type: DType) {
        let matrix = random.tensor([130, 9]).converted(to: type)
        let factors = LowRankFactors(a: random.tensor([3, 9]), b: random.tensor([130, 3]), scale: 1.5)
        let (w, a, b) = (matrix.values, factors.a.values, factors.b.values)
        let sum = (0..<130 * 9).map { index in
            Double(w[index])
                + (0..<3).reduce(0.0) { $0 + 1.5 * Double(b[index / 9 * 3 + $1]) * Double(a[$1 * 9 + index % 9]) }
        }
        let found = RowNorms(of: matrix).adding(factors, to: matrix)
        for (found, expected) in zip(found, lengths(sum, columns: 9)) { #expect(abs(found - expected) < 1e-5) }
    }

    @Test("of a row that the product takes away are zero, not the root of a negative number")
    func cancelled() {
        let matrix = Tensor([0.1, 0.7, -0.3, 1, 0, 0], shape: [2, 3])
        let factors = LowRankFactors(
            a: Tensor([0.1, 0.7, -0.3], shape: [1, 3]), b: Tensor([-1, 0], shape: [2, 1]), scale: 1)
        let found = RowNorms(of: matrix).adding(factors, to: matrix)
        #expect(found[0] >= 0 && found[0] < 1e-3 && found[1] == 1)
    }

    @Test("of a frozen matrix are measured once, and of one that trains every time")
    mutating func kept() {
        let kept = RowNorms.Kept()
        let matrix = random.tensor([4, 3])
        #expect(kept.norms(of: matrix).lengths == RowNorms(of: matrix).lengths)
        #expect(kept.norms(of: random.tensor([4, 3])).lengths == RowNorms(of: matrix).lengths)
        let trained = random.tensor([4, 3]).trainable()
        #expect(kept.norms(of: trained).lengths == RowNorms(of: trained).lengths)
    }
}
