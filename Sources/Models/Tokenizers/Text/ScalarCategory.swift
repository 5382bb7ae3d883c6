/// Unicode general categories as numbers, and sets of them as bits.
enum ScalarCategory {
    /// The two-letter abbreviations of the categories, in the order of their numbers.
    static let names = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    /// The version of Unicode the reference implementation has; what came later is unassigned there.
    static let unicodeVersion = 16

    /// The bits of the categories that a property such as `L` or `Lu` names; `nil` if there is no such category.
    static func mask(_ name: String) -> UInt32? {
        let matching = names.indices.filter { names[$0].hasPrefix(name) }
        guard !name.isEmpty, !matching.isEmpty else { return nil }
        return matching.reduce(0) { $0 | 1 << UInt32($1) }
    }

    /// The bit of a scalar's category.
    @inline(__always)
    static func bit(_ scalar: UInt32) -> UInt32 {
        1 << UInt32(scalar < 0x10000 ? basicPlane[Int(scalar)] : number(scalar))
    }

    /// Whether a scalar is white space (the property `White_Space`).
    static func isWhitespace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x20, 0x09...0x0D: true
        case 0..<0x80: false
        case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Whether a scalar is alphabetic (the property `Alphabetic`).
    static func isAlphabetic(_ scalar: UInt32) -> Bool {
        guard let properties = Unicode.Scalar(scalar)?.properties else { return false }
        return properties.isAlphabetic && properties.age?.major ?? 0 <= unicodeVersion
    }

    /// Looking a category up costs some 50 ns, this table one load; it fills in a few milliseconds.
    private static let basicPlane: [UInt8] = (0..<0x10000).map { number($0) }

    private static func number(_ scalar: UInt32) -> UInt8 {
        guard let properties = Unicode.Scalar(scalar)?.properties else { return 27 }
        guard properties.age?.major ?? 0 <= unicodeVersion else { return 29 }
        return switch properties.generalCategory {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .surrogate: 27
        case .privateUse: 28
        case .unassigned: 29
        @unknown default: 29
        }
    }
}
