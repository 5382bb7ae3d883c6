import ArgumentParser

/// Bytes a second on the command line: `250000`, `500k`, `2M` or `1.5M`; k, M and G stand for 1e3, 1e6 and 1e9.
struct ByteRateOption: Equatable {
    /// The minimum: the coordinator abandons an upload slower than 32 KiB per second.
    static let least = 64_000

    let bytesPerSecond: Int

    /// Reads a rate.
    ///
    /// - Throws: `ValidationError` that says what is expected.
    init(text: String) throws {
        guard let rate = Self(argument: text) else {
            throw ValidationError("expected bytes per second, at least 64k and at most 1e15, such as 500k, 2M or 1.5G")
        }
        self = rate
    }

    init?(argument: String) {
        let factors: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9]
        let factor = argument.last.flatMap { factors[$0] }
        let number = factor == nil ? Substring(argument) : argument.dropLast()
        guard
            number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(number)
        else { return nil }
        let rate = value * (factor ?? 1)
        guard rate >= Double(Self.least), rate <= 1e15 else { return nil }
        bytesPerSecond = Int(rate)
    }
}
