import Crypto
import Foundation

/// A generator with a seed, so that tests of samplers cannot flake.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// A key that is the same in every run.
func testKey(_ text: String) -> SymmetricKey { SymmetricKey(data: SHA256.hash(data: Data(text.utf8))) }

/// Uniform values, of a norm where one is given.
func testVector(_ count: Int, seed: UInt64 = 9, norm: Double? = nil) -> [Float] {
    var source = SplitMix(seed)
    let values = (0..<count).map { _ in Float.random(in: -1...1, using: &source) }
    guard let norm else { return values }
    return values.map { $0 * Float(norm / length(values)) }
}

/// The L2 norm.
func length(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
