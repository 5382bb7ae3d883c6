/// The ids of the tokens that are a single scalar, in one of the places of a word.
struct SymbolTable: Sendable {
    private var basicPlane = [Int32](repeating: -1, count: 0x10000)
    private var others = PairTable()

    /// The number of the form a scalar takes in a word: with the continuing prefix unless it is first, with the end
    /// suffix if it is last.
    @inline(__always)
    static func form(isFirst: Bool, isLast: Bool) -> Int { (isFirst ? 0 : 1) + (isLast ? 2 : 0) }

    /// The tables of all forms; just one where there is neither prefix nor suffix.
    static func forms(_ vocabulary: Vocabulary, prefix: [UInt8], suffix: [UInt8]) -> [SymbolTable] {
        if prefix.isEmpty, suffix.isEmpty { return [SymbolTable(vocabulary, prefix: [], suffix: [])] }
        return (0..<4).map { form in
            SymbolTable(vocabulary, prefix: form & 1 == 0 ? [] : prefix, suffix: form & 2 == 0 ? [] : suffix)
        }
    }

    private init(_ vocabulary: Vocabulary, prefix: [UInt8], suffix: [UInt8]) {
        vocabulary.forEach { token, id in
            let length = token.count - prefix.count - suffix.count
            guard (1...4).contains(length), token.starts(with: prefix), token.reversed().starts(with: suffix.reversed())
            else { return }
            let scalars = String(decoding: token.dropFirst(prefix.count).prefix(length), as: UTF8.self).unicodeScalars
            if let scalar = scalars.first, scalars.count == 1 { insert(scalar.value, id: Int32(id)) }
        }
    }

    /// The id of a scalar's token.
    subscript(scalar: UInt32) -> Int32? {
        @inline(__always) get {
            if scalar < 0x10000 {
                let id = basicPlane[Int(scalar)]
                return id < 0 ? nil : id
            }
            return others[UInt64(scalar)].map { Int32($0) }
        }
    }

    private mutating func insert(_ scalar: UInt32, id: Int32) {
        if scalar < 0x10000 { basicPlane[Int(scalar)] = id } else { others.insert(UInt64(scalar), UInt64(id)) }
    }
}
