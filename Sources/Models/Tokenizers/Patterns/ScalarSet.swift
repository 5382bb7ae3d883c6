/// A set of Unicode scalars: what a character class of a pattern matches.
struct ScalarSet: Sendable, Equatable {
    /// A part of a class.
    enum Member: Sendable, Equatable {
        case range(ClosedRange<UInt32>)
        case categories(UInt32)
        case whitespace
        case alphabetic
        indirect case complement([Member])

        /// Whether the scalar is in this part.
        func contains(_ scalar: UInt32) -> Bool {
            switch self {
            case .range(let range): range.contains(scalar)
            case .categories(let mask): ScalarCategory.bit(scalar) & mask != 0
            case .whitespace: ScalarCategory.isWhitespace(scalar)
            case .alphabetic: ScalarCategory.isAlphabetic(scalar)
            case .complement(let members): !members.contains { $0.contains(scalar) }
            }
        }
    }

    private let members: [Member]
    /// One bit for each scalar of the basic multilingual plane.
    let basicPlane: [UInt64]

    /// The union of the members.
    init(_ members: [Member]) {
        self.members = members
        var basicPlane = [UInt64](repeating: 0, count: 1024)
        for scalar in 0..<UInt32(0x10000) where members.contains(where: { $0.contains(scalar) }) {
            basicPlane[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63)
        }
        self.basicPlane = basicPlane
    }

    /// Whether a scalar is in the set.
    @inline(__always)
    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 0x10000 { return basicPlane[Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 != 0 }
        return members.contains { $0.contains(scalar) }
    }
}
