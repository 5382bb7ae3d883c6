/// What the `model` section of a tokenizer file holds, as read: large tables in flat arrays, the rest as JSON.
struct BytePairFile {
    /// The tokens and their ids.
    private(set) var vocabulary = Vocabulary()
    /// Everything but the vocabulary and the merges.
    private(set) var options: TokenizerSection

    private var mergeText: [UInt8] = []
    private var merges: [(middle: Int, end: Int)] = []
    private var hasVocabulary = false
    private var hasMerges = false

    /// Reads the section; throws if the model is not byte pair encoding.
    init(_ reader: inout JSONReader) throws {
        options = TokenizerSection(file: reader.file, path: "model", value: .null)
        guard reader.peek() == UInt8(ascii: "{") else { throw options.corrupt("expected an object") }
        var members: [JSONValue.Member] = []
        try reader.forEachMember { reader, key in
            switch String(decoding: key, as: UTF8.self) {
            case "vocab" where reader.peek() == UInt8(ascii: "{"): try readVocabulary(&reader)
            case "merges" where reader.peek() == UInt8(ascii: "["): try readMerges(&reader)
            case let name: members.append(.init(name, try reader.readValue()))
            }
        }
        options = TokenizerSection(file: reader.file, path: "model", value: .object(members))
        let type = try options.optionalString("type") ?? (hasMerges ? "BPE" : "none")
        guard type == "BPE" else { throw options.unsupportedType(type, known: ["BPE"]) }
        guard hasVocabulary else { throw options.corrupt("expected an object of tokens at 'vocab'") }
        guard hasMerges else { throw options.corrupt("expected an array of merges at 'merges'") }
    }

    private mutating func readVocabulary(_ reader: inout JSONReader) throws {
        hasVocabulary = true
        try reader.forEachMember { reader, token in
            vocabulary.insert(token, id: try reader.readIndex(limit: Vocabulary.maximumID))
        }
    }

    /// Merges are pairs, `["a", "b"]`, or strings, `"a b"`, in older files.
    private mutating func readMerges(_ reader: inout JSONReader) throws {
        hasMerges = true
        try reader.forEachElement { reader in
            if reader.peek() == UInt8(ascii: "[") { try readPair(&reader) } else { try readLegacyPair(&reader) }
        }
    }

    private mutating func readPair(_ reader: inout JSONReader) throws {
        var ends: [Int] = []
        try reader.forEachElement { reader in
            try reader.readString(into: &mergeText)
            ends.append(mergeText.count)
        }
        guard ends.count == 2 else {
            throw options.corrupt("merge \(merges.count): expected two tokens, found \(ends.count)")
        }
        merges.append((ends[0], ends[1]))
    }

    private mutating func readLegacyPair(_ reader: inout JSONReader) throws {
        let start = mergeText.count
        try reader.readString(into: &mergeText)
        if mergeText[start...].starts(with: "#version".utf8) { return mergeText.removeSubrange(start...) }
        guard let space = mergeText[start...].firstIndex(of: 0x20), !mergeText[(space + 1)...].contains(0x20) else {
            throw options.corrupt("merge \(merges.count): expected two tokens and a space between them")
        }
        mergeText.remove(at: space)
        merges.append((space, mergeText.count))
    }

    /// The merges by pairs of ids, and the ids they make; `prefixLength` bytes of the right token are dropped.
    func resolveMerges(prefixLength: Int) throws -> (table: PairTable, merged: [Int]) {
        var table = PairTable(capacity: merges.count)
        var merged: [Int] = []
        merged.reserveCapacity(merges.count)
        var joined: [UInt8] = []
        var start = 0
        for (rank, merge) in merges.enumerated() {
            let (left, right) = (mergeText[start..<merge.middle], mergeText[merge.middle..<merge.end])
            joined.removeAll(keepingCapacity: true)
            joined += left
            joined += right.dropFirst(prefixLength)
            let ids = (id(of: left), id(of: right), joined.withUnsafeBufferPointer { vocabulary.id(of: $0) })
            guard case (let first?, let second?, let result?) = ids else {
                let pair = [left, right].map { String(decoding: $0, as: UTF8.self) }
                throw options.corrupt(
                    "merge \(rank) ('\(pair[0])' and '\(pair[1])') has tokens that are not in 'vocab'")
            }
            table.insert(PairTable.key(UInt32(first), UInt32(second)), UInt64(rank) << 32 | UInt64(result))
            merged.append(result)
            start = merge.end
        }
        return (table, merged)
    }

    private func id(of token: ArraySlice<UInt8>) -> Int? { token.withUnsafeBufferPointer { vocabulary.id(of: $0) } }
}
