import Foundation
import Testing

@testable import Privacy

@Suite("Numerics")
struct NumericsTests {
    @Test("Powers of a transform are repeated circular convolutions", arguments: [1, 2, 8, 64])
    func convolution(count: Int) {
        var source = SplitMix(31)
        let (a, b) = ((0..<count).map { _ in Double.random(in: 0...1, using: &source) }, Double(count))
        let masses = a.map { $0 / b }
        var direct = [Double](repeating: 0, count: count)
        direct[0] = 1
        for _ in 0..<5 {
            var next = [Double](repeating: 0, count: count)
            for i in 0..<count { for j in 0..<count { next[(i + j) % count] += direct[i] * masses[j] } }
            direct = next
        }
        let fourier = FourierTransform(count: count)
        var (sequence, product) = (ComplexSequence(real: masses), ComplexSequence(real: a.map { _ in 1 }))
        fourier.forward(&sequence)
        product.multiply(by: sequence, power: 5)
        fourier.inverse(&product)
        for (found, expected) in zip(product.real, direct) { #expect(abs(found - expected) < 1e-14) }
    }

    @Test("A transform's sums are those of the definition")
    func definition() {
        var sequence = ComplexSequence(real: [1, 2, 0, -1])
        FourierTransform(count: 4).forward(&sequence)
        // X = 2, 1 − 3i, 0, 1 + 3i, in the order 0, 2, 1, 3.
        #expect(zip(sequence.real, [2, 0, 1, 1]).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(zip(sequence.imaginary, [0, 0, -3, 3]).allSatisfy { abs($0 - $1) < 1e-15 })
    }

    @Test("A root is found to its tolerance from the safe side, wherever the search begins", arguments: [0.02, 1, 9e5])
    func smallest(guess: Double) throws {
        let found = try #require(
            Bisection.smallest(in: 0.01...1e6, from: guess, target: 3, tolerance: 1e-9) { 12 / ($0 * $0) })
        #expect(found >= 2 && found < 2 * (1 + 1e-8))
        #expect(Bisection.smallest(in: 0.01...1e6, from: guess, target: 3, tolerance: 1e-9) { _ in 4 } == nil)
        #expect(Bisection.smallest(in: 0.01...1e6, from: guess, target: 3, tolerance: 1e-9) { _ in 2 } == 0.01)
    }

    @Test("The largest number that holds is found", arguments: [1, 2, 63, 64, 999, 1000])
    func largest(limit: Int) {
        #expect(Bisection.largest(in: 1...1000) { $0 <= limit } == limit)
        #expect(Bisection.largest(in: 1...1000) { _ in false } == nil)
    }

    @Test("The normal distribution keeps its digits in the tail")
    func tail() {
        // ln Φ(−10) and ln Φ(−40), by mpmath.
        #expect(relativeError(NormalDistribution.logCumulative(-10), -53.23128515051247) < 1e-13)
        #expect(relativeError(NormalDistribution.logCumulative(-40), -804.6084420137538) < 1e-13)
        #expect(NormalDistribution.logCumulative(0) == log(0.5))
        #expect(NormalDistribution.cumulative(-NormalDistribution.tailBound(1e-9)) < 1e-9)
    }
}
