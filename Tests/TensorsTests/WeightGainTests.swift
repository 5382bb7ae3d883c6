import Testing

@testable import Tensors

@Suite("What a frozen weight has gained")
struct WeightGainTests {
    private func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var state = seed
        return Tensor(
            (0..<shape.reduce(1, *)).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
            }, shape: shape)
    }

    @Test("is added in each pass as the first adapter would be, to the bit, and costs nothing where there is none")
    func passes() {
        let (x, weight) = (random([7, 5], 1), random([4, 5], 2))
        let adapter = LowRankFactors(a: random([2, 5], 3).trainable(), b: random([4, 2], 4).trainable(), scale: 0.5)
        let gain = WeightGain()
        let projection = Projection(weight: weight, adapters: [adapter], gain: gain)
        let plain = Projection(weight: weight, adapters: [adapter])
        for seed in [nil, 5, 6, nil] as [UInt64?] {
            let sum = seed.map { LowRankFactors(a: random([3, 5], $0), b: random([4, 3], $0 + 9), scale: 1) }
            gain.current = sum
            let built = sum.map { Projection(weight: weight, adapters: [$0, adapter]) } ?? plain
            let (given, expected) = (x.projected(by: [projection]), x.projected(by: [built]))
            #expect(given.values == expected.values)
            let upstream = random([7, 4], 8)
            let gradient = given.backward(upstream: upstream)[adapter.a]
            #expect(gradient != nil && gradient?.values == expected.backward(upstream: upstream)[adapter.a]?.values)
        }
    }
}
