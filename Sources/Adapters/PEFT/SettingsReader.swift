import Models

/// Typed access to the members of a configuration; an error names the source, the key, and what was found.
///
/// `null` counts as absent, as it does in PEFT.
struct SettingsReader {
    let source: String
    let members: [JSONValue.Member]

    init(_ object: JSONValue, source: String) throws {
        guard case .object(let members) = object else {
            throw AdapterError(
                .invalidConfiguration, "\(source): expected a mapping of settings, found \(object.summary)")
        }
        self.source = source
        self.members = members
    }

    func value(_ key: String) -> JSONValue? {
        members.last { $0.key == key && $0.value != .null }?.value
    }

    func integer(_ key: String) throws -> Int? {
        try value(key).map { value in
            guard let integer = value.intValue else { throw mistyped(key, "a whole number", value) }
            return integer
        }
    }

    func number(_ key: String) throws -> Double? {
        try value(key).map { value in
            guard let number = value.doubleValue else { throw mistyped(key, "a number", value) }
            return number
        }
    }

    func flag(_ key: String) throws -> Bool? {
        try value(key).map { value in
            guard let flag = value.boolValue else { throw mistyped(key, "true or false", value) }
            return flag
        }
    }

    func text(_ key: String) throws -> String? {
        try value(key).map { value in
            guard let text = value.stringValue else { throw mistyped(key, "a string", value) }
            return text
        }
    }

    /// A list of names, none of them empty.
    func names(_ key: String, orOne: Bool = false) throws -> [String]? {
        try value(key).map { value in
            if orOne, case .string(let text) = value { return text.isEmpty ? [] : [text] }
            let expected = orOne ? "a string or a list of strings" : "a list of strings"
            return try elements(key, value, expected) { $0.asName }
        }
    }

    /// A whole number, or a list of them.
    func integers(_ key: String) throws -> [Int]? {
        try value(key).map { value in
            if let one = value.intValue { return [one] }
            return try elements(key, value, "a whole number or a list of them") { $0.intValue }
        }
    }

    /// A mapping from regular expressions to numbers, in the order written.
    func patterns<Value: Sendable & Equatable>(
        _ key: String, _ kind: String, _ convert: (JSONValue) -> Value?
    ) throws -> [PatternEntry<Value>] {
        guard let value = value(key) else { return [] }
        guard case .object(let members) = value else { throw mistyped(key, "a mapping from names to numbers", value) }
        return try members.map { member in
            guard let number = convert(member.value) else { throw mistyped("\(key).\(member.key)", kind, member.value) }
            _ = try PythonPattern(member.key, setting: "\(source): \(key)")
            return .init(member.key, number)
        }
    }

    func mistyped(_ key: String, _ expected: String, _ found: JSONValue) -> AdapterError {
        invalid(key, "must be \(expected), found \(found.summary)")
    }

    func invalid(_ key: String, _ reason: String) -> AdapterError {
        AdapterError(.invalidConfiguration, "\(source): \(key) \(reason)", setting: key)
    }

    private func elements<Element>(
        _ key: String, _ value: JSONValue, _ expected: String, _ convert: (JSONValue) -> Element?
    ) throws -> [Element] {
        guard case .array(let values) = value else { throw mistyped(key, expected, value) }
        return try values.map { element in
            guard let converted = convert(element) else {
                throw invalid(key, "must be \(expected), but contains \(element.summary)")
            }
            return converted
        }
    }
}

extension JSONValue {
    /// A string that is not empty: an empty one would be the end of every path.
    fileprivate var asName: String? { stringValue.flatMap { $0.isEmpty ? nil : $0 } }
}
