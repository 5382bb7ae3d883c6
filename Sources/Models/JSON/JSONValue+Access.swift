extension JSONValue {
    /// The value of a key, or `nil` if this is not an object or has no such key; the last one if a key occurs twice, as
    /// in most parsers.
    public subscript(key: String) -> JSONValue? { objectValue?.last { $0.key == key }?.value }

    /// The element at a position, or `nil` if this is not an array or is shorter.
    public subscript(index: Int) -> JSONValue? {
        guard let array = arrayValue, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The boolean, or `nil` if this is something else.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The whole number, even if written as `4.0` or `4e0`; `nil` if this is something else.
    public var intValue: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, whole or not, or `nil` if this is something else.
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// The text, or `nil` if this is something else.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, or `nil` if this is not an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members in their order, or `nil` if this is not an object.
    public var objectValue: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}
