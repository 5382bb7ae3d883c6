import Foundation

/// SplitMix64: a small generator whose numbers are the same on every machine and in every version.
///
/// state ← state + 0x9E3779B97F4A7C15, then two rounds of multiply and xor-shift (Steele, Lea and Flood: Fast
/// splittable pseudorandom number generators, OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Creates a generator whose numbers depend on nothing but the seed.
    public init(seed: UInt64) { state = seed }

    /// Creates the generator of one of a seed's independent streams.
    public init(seed: UInt64, stream: UInt64) {
        var seeds = SplitMix64(seed: seed)
        var streams = SplitMix64(seed: seeds.next() ^ stream)
        state = streams.next()
    }

    /// The next number, uniform over all 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number from 0 up to `bound`, as ⌊next · bound / 2⁶⁴⌋: off uniform by less than bound / 2⁶⁴.
    public mutating func next(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// The numbers from 0 up to `count` in random order (Fisher–Yates, from the last position down).
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, next(below: last + 1)) }
        return order
    }

    /// A number from the standard normal distribution (Box and Muller 1958).
    public mutating func nextNormal() -> Double {
        let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }

    /// A stable hash of a name, to distinguish streams (FNV-1a).
    public static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
