import Crypto
import Foundation
import Testing

@testable import Privacy

@Suite struct FixedPointTests {
    @Test(
        "The largest scale that fits is taken, and the extremes of all workers sum without passing the ring's end",
        arguments: [(16, 3, 1), (20, 8, 40), (24, 64, 1000), (32, 255, 100_000)])
    func extremes(bits: Int, workers: Int, weight: Int) throws {
        let encoding = try FixedPoint(bits: bits, workers: workers, largestWeight: weight, clip: .value(0.5))
        #expect(workers * encoding.largestElement <= (1 << (bits - 1)) - 1)
        #expect(workers * (encoding.largestElement + 1) > (1 << (bits - 1)) - 1)
        let ring = UInt32.max >> UInt32(32 - bits)
        for sign in [Float(-1), 1] {
            let elements = try encoding.encode([sign * 9, sign * 0.5], weight: weight)
            var sum = [UInt32](repeating: 0, count: 3)
            for _ in 0..<workers { sum = zip(sum, elements).map { ($0 &+ $1) & ring } }
            let mean = try encoding.decode(sum, workers: workers)
            #expect(mean.weight == workers * weight)
            #expect(mean.values.allSatisfy { abs($0 - sign * 0.5) < 1 / Float(encoding.largestElement) })
        }
    }

    @Test("Configurations whose sums could pass the ring's end are refused, with the numbers")
    func overflow() throws {
        for refused in [
            { try FixedPoint(bits: 16, workers: 100, largestWeight: 1000, clip: .value(1)) },
            { try FixedPoint(bits: 16, workers: 8, clip: .value(1), scale: 4096.1) },
            { try FixedPoint(bits: 16, workers: 8, clip: .norm(1), noiseBound: 32_767) },
            { try FixedPoint(bits: 16, workers: 8, clip: .norm(1), noiseBound: 100_000) },
            { try FixedPoint(bits: 24, workers: 8, clip: .norm(1), scale: 1e300) },
            { try FixedPoint(bits: 24, workers: 8, largestWeight: 2, clip: .norm(1), scale: 0.5) },
        ] {
            let error = #expect(throws: PrivacyError.self) { _ = try refused() }
            #expect(error?.code == .overflow)
            #expect(error?.message.contains("workers x weight") == true)
        }
        #expect(try FixedPoint(bits: 16, workers: 8, clip: .value(1), scale: 4095).largestElement == 4095)
        #expect(
            code { _ = try FixedPoint(bits: 16, workers: 8, clip: .value(1), noiseBound: 8, scale: 4095) } == .overflow)
    }

    @Test("Numbers out of their range are refused")
    func ranges() {
        for refused in [
            { try FixedPoint(bits: 15, workers: 8, clip: .value(1)) },
            { try FixedPoint(bits: 33, workers: 8, clip: .value(1)) },
            { try FixedPoint(bits: 32, workers: 0, clip: .value(1)) },
            { try FixedPoint(bits: 32, workers: 8, largestWeight: 0, clip: .value(1)) },
            { try FixedPoint(bits: 32, workers: 8, clip: .value(.nan)) },
            { try FixedPoint(bits: 32, workers: 8, clip: .norm(-1)) },
            { try FixedPoint(bits: 32, workers: 8, clip: .norm(1), noiseBound: -1) },
            { try FixedPoint(bits: 32, workers: 8, clip: .norm(1), scale: .infinity) },
        ] { #expect(code { _ = try refused() } == .invalidConfiguration) }
    }

    /// The length of a worker's whole numbers is what noise on the sum has to hide, and rounding at random adds to it: at 16
    /// bits and 100 workers it is most of what there is.
    @Test(
        "A vector that is clipped to a norm stays within the bound of its whole numbers, at every attempt",
        arguments: [(16, 200, 1 << 12), (20, 50, 1 << 10), (32, 4, 300)])
    func normBound(bits: Int, workers: Int, dimension: Int) throws {
        let encoding = try FixedPoint(bits: bits, workers: workers, clip: .norm(2))
        let bound = encoding.normBound(dimension: dimension)
        #expect(bound > 2 * encoding.scale && bound <= 2 * encoding.scale + Double(dimension).squareRoot())
        // Every value half-way between two steps: rounding adds a quarter of a square to each.
        let half = (2 * encoding.scale / Double(dimension).squareRoot()).rounded(.down) + 0.5
        let vectors = [
            [Float](repeating: Float(half / encoding.scale), count: dimension), testVector(dimension, norm: 31),
            [Float](repeating: Float(0.5 / encoding.scale), count: dimension),
        ]
        for (index, vector) in vectors.enumerated() {
            for attempt in 0..<100 {
                let elements = try encoding.encode(vector, weight: 1, randomness: testKey("\(index) \(attempt)"))
                let square = elements.dropLast().reduce(0) { $0 + encoding.integer($1) * encoding.integer($1) }
                #expect(Double(square).squareRoot() <= bound, "vector \(index), attempt \(attempt)")
            }
        }
    }

    @Test("A sum in whole steps is that of the mean, exactly")
    func steps() throws {
        let encoding = try FixedPoint(bits: 32, workers: 6, clip: .norm(1))
        let elements = try encoding.encode([0.6, -0.8], weight: 1)
        let sum = elements.map { $0 &+ $0 &+ $0 }
        let found = try encoding.steps(of: sum, workers: 3)
        #expect(found.weight == 3 && found.steps == elements.dropLast().map { Int64(3 * encoding.integer($0)) })
        #expect(code { _ = try encoding.steps(of: sum, workers: 7) } == .invalidValue)
    }

    @Test(
        "Whatever a sum is, a step around the ring moves what noise is added to by one step at most", arguments: 1...6)
    func lipschitz(workers: Int) throws {
        let encoding = try FixedPoint(bits: 16, workers: 6, clip: .norm(1))
        let ring = (UInt32(0)..<65_536).map { $0 }
        let steps = try encoding.steps(of: ring + [UInt32(workers)], workers: workers).steps
        let widest = steps.indices.map { abs(steps[$0] - steps[($0 + 1) % ring.count]) }.max()
        #expect(widest == 1)
        let bound = workers * encoding.largestElement
        #expect(steps.allSatisfy { abs($0) <= bound })
        // What honest workers reach is not moved, up to half of the ring's room.
        let honest = 0...min(bound, 1 << 14)
        #expect(honest.allSatisfy { steps[$0] == $0 && steps[(65_536 - $0) % 65_536] == -Int64($0) })
    }

    @Test("Rounding goes up as often as the fraction says, so its mean is the value")
    func unbiased() throws {
        let encoding = try FixedPoint(bits: 24, workers: 4, clip: .value(10), scale: 1)
        let count = 40_000
        for value in [Float(0.25), -0.25, 3.7, -9.99] {
            let values = [Float](repeating: value, count: count)
            let elements = try encoding.encode(values, weight: 1, randomness: TestRound.secret("rounding \(value)"))
            let integers = elements.dropLast().map { encoding.integer($0) }
            #expect(integers.allSatisfy { abs(Double($0) - Double(value)) < 1 })
            let fraction = Double(value) - Double(value).rounded(.down)
            let spread = (fraction * (1 - fraction) / Double(count)).squareRoot()
            #expect(abs(Double(integers.reduce(0, +)) / Double(count) - Double(value)) < 6 * spread)
        }
    }

    @Test("Values on the grid are not moved, and the norm is clipped as a whole")
    func clipping() throws {
        let encoding = try FixedPoint(bits: 24, workers: 4, largestWeight: 3, clip: .norm(5), scale: 100)
        let kept = try encoding.encode([3, -4, 0], weight: 2).map { encoding.integer($0) }
        #expect(kept == [600, -800, 0, 2])
        let clipped = try encoding.encode([30, -40, 0], weight: 1).map { encoding.integer($0) }
        #expect(abs(clipped[0] - 300) <= 1 && abs(clipped[1] + 400) <= 1 && clipped[2...] == [0, 1])
    }

    @Test("Values that are not finite and weights out of range are refused")
    func invalidValues() throws {
        let encoding = try FixedPoint(bits: 24, workers: 4, largestWeight: 3, clip: .value(5))
        for value in [Float.nan, .infinity, -.infinity] {
            let error = #expect(throws: PrivacyError.self) { _ = try encoding.encode([1, value], weight: 1) }
            #expect(error?.code == .invalidValue && error?.message.contains("value 1") == true)
        }
        for weight in [0, 4, -1] { #expect(code { _ = try encoding.encode([1], weight: weight) } == .invalidValue) }
    }

    @Test("What its workers cannot have sent is read as the nearest that they can have, and counted")
    func impossibleSums() throws {
        let encoding = try FixedPoint(bits: 24, workers: 4, largestWeight: 3, clip: .value(5))
        // Of weight 3 they have three times the clip, and each may have rounded up.
        let bound = Int(Double(3) * 5 * encoding.scale) + 2
        let value = Float(Double(bound) * (1 / (encoding.scale * 3)))
        #expect(abs(value - 5) < 1e-4)
        let high = try encoding.decode([0x7f_ffff, 0x80_0000, 0, 3], workers: 2)
        #expect(high == WeightedMean(values: [value, -value, 0], weight: 3, outOfRange: 2))
        let most = try encoding.decode([UInt32(2 * encoding.largestElement), 6], workers: 2)
        #expect(most.outOfRange == 0 && abs(most.values[0] - 5) < 1e-4)
        for (sent, read) in [(UInt32(7), 6), (1, 2), (0, 2), (0xff_ffff, 2), (0x7f_ffff, 6)] {
            #expect(
                try encoding.decode([0, sent], workers: 2) == WeightedMean(values: [0], weight: read, outOfRange: 1))
        }
        #expect(try encoding.decode([0, 6], workers: 2).outOfRange == 0)
        #expect(code { _ = try encoding.decode([], workers: 2) } == .invalidValue)
        #expect(code { _ = try encoding.decode([0, 3], workers: 5) } == .invalidValue)
    }

    @Test("Elements of every width are packed without gaps and read back", arguments: 16...32)
    func packing(bits: Int) {
        var generator = KeyStreamGenerator(key: TestRound.secret("packing"))
        for count in [1, 2, 7, 8, 9, 31, 64, 100] {
            let elements = (0..<count).map { _ in
                UInt32(truncatingIfNeeded: generator.next()) & (UInt32.max >> UInt32(32 - bits))
            }
            let packed = elements.withUnsafeBufferPointer { PackedElements.pack($0, bits: bits) }
            #expect(packed.count == (count * bits + 7) / 8)
            var sum = elements
            func apply(_ data: Data, _ sign: MaskSign) -> Bool {
                sum.withUnsafeMutableBufferPointer { PackedElements.apply(data, bits: bits, sign: sign, to: $0) }
            }
            #expect(apply(packed, .plus) && sum == elements.map { $0 &+ $0 })
            #expect(apply(packed, .minus) && apply(packed, .minus) && sum.allSatisfy { $0 == 0 })
            #expect(!apply(packed.dropLast(), .plus) && !apply(packed + [0], .plus))
            if count * bits % 8 != 0 { #expect(!apply(packed.flipped(at: packed.count - 1, bit: 0x80), .plus)) }
            #expect(sum.allSatisfy { $0 == 0 })
        }
    }
}
