import Testing

@testable import Tensors

@Suite("Tensors and their memory")
struct TensorTests {
    @Test("bfloat16 rounds to nearest even and keeps NaN")
    func bfloat16() {
        let x = Tensor([1, 1.00390625, 1.01171875, -0.0, .infinity, .nan], shape: [6])
        let y = x.converted(to: .bfloat16).values
        #expect(Array(y[0..<5]) == [1, 1, 1.015625, 0, .infinity])
        #expect(y[5].isNaN)
    }

    @Test("float16 survives the way there and back")
    func float16() {
        let values: [Float] = [0, 1, -2.5, 65504, 6.103515625e-05]
        #expect(Tensor(values, shape: [5]).converted(to: .float16).converted(to: .float32).values == values)
    }

    @Test("A freed buffer is used again")
    func reuse() {
        let size = 1_234_567
        var first: Tensor? = Tensor(zeros: [size])
        let address = first.map { UInt(bitPattern: $0.pointer) }
        first = nil
        let candidates = (0..<8).map { _ in Tensor(zeros: [size]) }  // other tests may take it first
        #expect(
            candidates.contains { UInt(bitPattern: $0.pointer) == address }
                || BufferPool.shared.statistics.freshAllocations > 0)
        #expect(BufferPool.capacity(for: size * 4) < size * 4 * 9 / 8)
    }

    @Test("Capacities are never below what was asked for and at most an eighth above")
    func capacities() {
        for count in [1, 63, 64, 65, 1_000, 1_025, 4_095, 4_097, 1 << 20, (1 << 20) + 1, 7_777_777] {
            let capacity = BufferPool.capacity(for: count)
            #expect(capacity >= count && capacity <= max(count + 64, count + count / 8 + 1), "\(count) → \(capacity)")
        }
    }

    @Test("Dropout keeps the mean, is the same for the same key and another for another key")
    func dropout() {
        let ones = Tensor([Float](repeating: 1, count: 40_000), shape: [200, 200])
        let identity = Tensor((0..<40_000).map { $0 / 200 == $0 % 200 ? 1 : 0 }, shape: [200, 200])
        func dropped(_ key: UInt64) -> [Float] {
            let factors = LowRankFactors(a: identity, b: identity, scale: 1, dropout: 0.25, dropoutKey: 3)
            let projection = Projection(weight: Tensor(zeros: [200, 200]), adapter: factors)
            return Tensor.$dropoutKey.withValue(key) { ones.projected(by: [projection]).values }
        }
        let values = dropped(1)
        #expect(Set(values).count == 2)
        #expect(abs(values.reduce(0, +) / 40_000 - 1) < 0.02)
        #expect(values == dropped(1))
        #expect(values != dropped(2))
    }

    @Test("Dropout is off while evaluating")
    func evaluation() {
        let x = Tensor([1, 2], shape: [1, 2])
        let factors = LowRankFactors(
            a: Tensor([1, 1], shape: [1, 2]), b: Tensor([1], shape: [1, 1]), scale: 1, dropout: 0.9)
        let projection = Projection(weight: Tensor(zeros: [1, 2]), adapter: factors)
        #expect(x.projected(by: [projection]).values == [3])
    }
}
