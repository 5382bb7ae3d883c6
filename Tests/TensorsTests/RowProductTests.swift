import Testing

@testable import Tensors

@Suite("Products of a single row")
struct RowProductTests {
    private func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var random = SplitMix64(seed: seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }, shape: shape)
    }

    @Test(
        "They are those of the weights as they are, of any type and size",
        arguments: [DType.float32, .bfloat16, .float16], [(1, 2), (3, 31), (4, 32), (9, 33), (130, 576)])
    func products(type: DType, size: (rows: Int, columns: Int)) {
        let weight = random([size.rows, size.columns], 1).converted(to: type)
        let (x, residual) = (random([1, size.columns], 2), random([1, size.rows], 3))
        let (w, v) = (weight.values, x.values)
        let found = Tensor.rowByRow { x.projected(by: [Projection(weight: weight)], residual: residual) }.values
        for row in 0..<size.rows {
            let exact = (0..<size.columns).reduce(Double(residual.values[row])) {
                $0 + Double(w[row * size.columns + $1]) * Double(v[$1])
            }
            #expect(abs(Double(found[row]) - exact) < 1e-5 * Double(size.columns).squareRoot())
        }
    }

    @Test("They do not depend on threads, whether those sleep or not", arguments: [1, 2, 3], [0, 30_000])
    func threads(count: Int, patience: Int) {
        let weights = [(700, 576), (192, 576), (5, 8), (4_000, 33)].enumerated().map { index, size in
            random([size.0, size.1], 7).converted(to: index == 1 ? .bfloat16 : .float32)
        }
        // Each product adds to the one before, so that a part left out or done twice would show.
        let sums = {
            Tensor.rowByRow {
                weights.map { weight in
                    (0..<40).reduce(Tensor(zeros: [1, weight.rows])) { sum, seed in
                        random([1, weight.columns], UInt64(seed)).projected(
                            by: [Projection(weight: weight)], residual: sum)
                    }.values
                }
            }
        }
        #expect(RowTeam.withThreads(count, patience: patience, sums) == sums())
    }

    @Test("Halves of any size are exact, subnormal and infinite ones too")
    func halves() {
        let bits: [UInt16] = [0, 0x8000, 1, 0x83ff, 0x0400, 0x3c00, 0xbc00, 0x7bff, 0x7c00, 0xfc00]
        for value in bits {
            let weight = Tensor(zeros: [1, 32]).converted(to: .float16)
            weight.halves[5] = value
            var row = [Float](repeating: 0, count: 32)
            row[5] = 1
            let x = Tensor(row, shape: [1, 32])
            let found = Tensor.rowByRow { x.projected(by: [Projection(weight: weight)]) }.values[0]
            #expect(found == Float(Float16(bitPattern: value)))
        }
    }

    @Test("A bfloat16 row gives a bfloat16 row, rounded once")
    func rounding() {
        let (weight, x) = (random([7, 64], 4).converted(to: .bfloat16), random([1, 64], 5).converted(to: .bfloat16))
        let projections = [Projection(weight: weight, bias: random([7], 6))]
        let wide = Tensor.rowByRow { x.converted(to: .float32).projected(by: projections) }
        let found = Tensor.rowByRow { x.projected(by: projections) }
        #expect(found.dtype == .bfloat16)
        #expect(zip(found.values, wide.values).allSatisfy { abs($0 - $1) <= abs($1) / 100 })
    }
}
