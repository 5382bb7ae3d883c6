public import Crypto

extension PrivacyRelease.Sampling {
    /// Who of `population` takes part in a round, as the accountant assumes it, by ascending number.
    ///
    /// - Parameter randomness: 32 fresh bytes that decide; never used twice, and told to nobody.
    /// - Throws: `PrivacyError` when the population is below 0, or not that of a sample of fixed size.
    public func draw(from population: Int, randomness: SymmetricKey = SymmetricKey(size: .bits256)) throws -> [Int] {
        try Requirement.count(population, "population", in: 0...Int(Int32.max))
        var integers = RandomIntegers(NoiseStream(key: randomness))
        switch self {
        case .everybody: return Array(0..<population)
        case .poisson(let rate):
            if rate >= 1 { return Array(0..<population) }
            // Rounded down: a lower rate is never less private.
            let threshold = UInt64(rate * 0x1p64)
            return (0..<population).filter { _ in integers.word() < threshold }
        case .fixedSize(let size, let expected):
            guard population == expected, size <= population else {
                throw PrivacyError(
                    .invalidConfiguration,
                    "a sample of \(size) out of \(expected) cannot be drawn from a population of \(population)")
            }
            var order = Array(0..<population)
            for index in 0..<size {
                order.swapAt(index, index + Int(integers.below(UInt64(population - index))))
            }
            return order.prefix(size).sorted()
        }
    }
}
