import Testing

@testable import Tensors

@Suite("A grid for vectors of a bounded length")
struct NormGridTests {
    private func steps(_ parts: [Tensor], _ grid: NormGrid, scale: Double = 1) throws -> [Int64] {
        let factor = try #require(grid.factor(of: parts, scale: scale))
        return parts.flatMap { part in
            var sum = [Int64](repeating: 0, count: part.count)
            grid.add(part, factor: factor, to: &sum)
            return sum
        }
    }

    private func square(_ steps: [Int64]) -> Int64 { steps.reduce(0) { $0 + $1 * $1 } }

    /// Values that rounding lengthens: each is just above half a step once the vector has the bound's length.
    private func adversarial(_ count: Int, _ grid: NormGrid) -> [Tensor] {
        let half = Float(0.501 * grid.step)
        let rest = (grid.bound * grid.bound - Double(count) * Double(half) * Double(half)).squareRoot()
        return [Tensor([Float(rest)], shape: [1]), Tensor(Array(repeating: half, count: count), shape: [count])]
    }

    @Test(
        "has a power of two for its step, and the bound in at most 2^21 of them", arguments: [1e-6, 0.1, 1, 1.999, 3e5])
    func step(bound: Double) {
        let grid = NormGrid(bound: bound)
        #expect(grid.step.significand == 1)
        #expect((1 << 20..<1 << 21).contains(grid.length))
        #expect(Double(grid.length) * grid.step <= bound && Double(grid.length + 1) * grid.step > bound)
    }

    @Test(
        "lets no vector be longer than the bound in whole steps, however it rounds and however its norm was scaled",
        arguments: [0.3, 1, 1.75])
    func bound(bound: Double) throws {
        let grid = NormGrid(bound: bound)
        var random = SplitMix64(seed: 4)
        var vectors = [adversarial(100_000, grid), adversarial(3, grid)]
        for size in [1, 15, 4_096] {
            for magnitude in [Float(1e-20), 1e-3, 1, 1e20] {
                let values = (0..<size).map { _ in Float(random.nextNormal()) * magnitude }
                vectors.append([Tensor(values, shape: [size])])
            }
        }
        for vector in vectors {
            for scale in [1e-3, 1, 7] {
                let found = square(try steps(vector, grid, scale: scale))
                #expect(found <= Int64(grid.length * grid.length))
            }
        }
        // The plain rounding of the first would be longer than the bound.
        let plain = adversarial(100_000, grid).flatMap(\.values).map { Int64((Double($0) / grid.step).rounded()) }
        #expect(square(plain) > Int64(grid.length * grid.length))
    }

    @Test("leaves short vectors as they are, to half a step")
    func short() throws {
        let grid = NormGrid(bound: 1)
        let vector = Tensor([0.25, -0.5, 1e-9, 0], shape: [4])
        #expect(try steps([vector], grid) == [1 << 18, -1 << 19, 0, 0])
        #expect(try steps([vector], grid, scale: 0.5) == [1 << 17, -1 << 18, 0, 0])
    }

    @Test("adds up exactly in any order, and takes away what it has added")
    func sums() throws {
        let grid = NormGrid(bound: 0.7)
        var random = SplitMix64(seed: 9)
        let vectors = (0..<40).map { _ in Tensor((0..<33).map { _ in Float(random.nextNormal()) }, shape: [33]) }
        let sum = { (order: [Int]) in
            var sum = [Int64](repeating: 0, count: 33)
            for index in order { grid.add(vectors[index], factor: grid.factor(of: [vectors[index]])!, to: &sum) }
            return sum
        }
        let whole = sum(Array(0..<40))
        #expect(sum((0..<40).reversed()) == whole)
        for left in [0, 17, 39] {
            let rest = sum((0..<40).filter { $0 != left })
            let own = zip(whole, rest).map { $0 - $1 }
            #expect(own == (try steps([vectors[left]], grid)))
            var less = whole
            grid.add(vectors[left], factor: -(try #require(grid.factor(of: [vectors[left]]))), to: &less)
            #expect(less == rest)
        }
    }

    @Test("has no factor for what is not finite, and none but zero for nothing")
    func notFinite() {
        let grid = NormGrid(bound: 1)
        for value in [Float.nan, .infinity, -.infinity] {
            #expect(grid.factor(of: [Tensor([1, value], shape: [2])]) == nil)
        }
        #expect(grid.factor(of: [Tensor([0, 0], shape: [2])]) == 0)
        #expect(grid.factor(of: []) == 0)
    }
}
