/// One object of a tokenizer file, with typed access whose errors name the file, the section and the key.
struct TokenizerSection {
    let file: String
    let path: String
    let value: JSONValue

    /// The `type` this section declares.
    func type() throws -> String { try string("type") }

    /// The string at `key`.
    func string(_ key: String) throws -> String {
        guard let value = try optionalString(key) else { throw corrupt("expected a string at '\(key)', found none") }
        return value
    }

    /// The string at `key`, or `nil` if it is absent or null.
    func optionalString(_ key: String) throws -> String? {
        switch value[key] {
        case nil, .null: return nil
        case .string(let text): return text
        case let other?: throw corrupt("expected a string at '\(key)', found \(other.summary)")
        }
    }

    /// The single scalar at `key`.
    func scalar(_ key: String) throws -> UInt32 {
        let text = try string(key).unicodeScalars
        guard let scalar = text.first, text.count == 1 else { throw corrupt("expected one character at '\(key)'") }
        return scalar.value
    }

    /// The boolean at `key`; `fallback` where it is absent or null, an error where there is no fallback.
    func bool(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        if case .bool(let flag)? = value[key] { return flag }
        switch (value[key], fallback) {
        case (nil, let flag?), (.null?, let flag?): return flag
        case (let found, _): throw corrupt("expected true or false at '\(key)', found \(found?.summary ?? "none")")
        }
    }

    /// The whole number at `key`, from 0 to `limit`.
    func index(_ key: String, limit: Int = Vocabulary.maximumID) throws -> Int {
        guard let index = value[key]?.intValue, (0...limit).contains(index) else {
            throw corrupt("expected a whole number from 0 to \(limit) at '\(key)'")
        }
        return index
    }

    /// The object at `key`.
    func section(_ key: String) throws -> TokenizerSection {
        guard let member = value[key], case .object = member else { throw corrupt("expected an object at '\(key)'") }
        return TokenizerSection(file: file, path: "\(path).\(key)", value: member)
    }

    /// The objects in the array at `key`.
    func sections(_ key: String) throws -> [TokenizerSection] {
        guard case .array(let elements)? = value[key] else { throw corrupt("expected an array at '\(key)'") }
        return try elements.enumerated().map { index, element in
            guard case .object = element else {
                throw corrupt("expected objects in '\(key)', found \(element.summary)")
            }
            return TokenizerSection(file: file, path: "\(path).\(key)[\(index)]", value: element)
        }
    }

    /// The array of whole numbers at `key`.
    func indices(_ key: String) throws -> [Int] {
        guard case .array(let elements)? = value[key] else { throw corrupt("expected an array at '\(key)'") }
        return try elements.map { element in
            guard let index = element.intValue, (0...Vocabulary.maximumID).contains(index) else {
                throw corrupt("expected token ids in '\(key)', found \(element.summary)")
            }
            return index
        }
    }

    /// The id in a pair of a token and its id at `key`.
    func tokenPair(_ key: String) throws -> Int {
        guard case .array(let pair)? = value[key], pair.count == 2, case .string = pair[0],
            let index = pair[1].intValue, (0...Vocabulary.maximumID).contains(index)
        else { throw corrupt("expected a token and its id at '\(key)'") }
        return index
    }

    /// An error about what this section holds.
    func corrupt(_ message: String) -> ModelError {
        ModelError(.corruptFile, "\(file): \(path): \(message)")
    }

    /// An error about what this section asks for and lorad does not do.
    func unsupported(_ message: String) -> ModelError {
        ModelError(.unsupported, "\(file): \(path): \(message)")
    }

    /// An error about a `type` that is not among the known ones.
    func unsupportedType(_ type: String, known: some Collection<String>) -> ModelError {
        unsupported("type '\(type)' is not supported; known: \(known.sorted().joined(separator: ", "))")
    }
}
