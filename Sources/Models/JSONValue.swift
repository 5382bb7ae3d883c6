/// A JSON document as a tree: configuration files whose keys are not all known beforehand.
///
/// Decode one with `JSONDecoder().decode(JSONValue.self, from: data)`. A number without a fraction is an `int`.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    /// The value of a key, or nil where this is not an object or has no such key.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// The element at a position, or nil where this is not an array or is shorter.
    public subscript(index: Int) -> JSONValue? {
        guard let array = arrayValue, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The truth value, or nil where this is something else.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The whole number, or nil where this is something else.
    public var intValue: Int? {
        if case .int(let value) = self { value } else { nil }
    }

    /// The number, whole or not, or nil where this is something else.
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// The text, or nil where this is something else.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, or nil where this is not an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, or nil where this is not an object.
    public var objectValue: [String: JSONValue]? {
        if case .object(let value) = self { value } else { nil }
    }
}

extension JSONValue: Codable {
    /// Reads whatever JSON value comes next: what large files hold most of (token ids, tokens) is tried first.
    public init(from decoder: any Decoder) throws {
        let scalar = try? decoder.singleValueContainer()
        if scalar?.decodeNil() == true {
            self = .null
        } else if let value = try? scalar?.decode(Int.self) {
            self = .int(value)
        } else if let value = try? scalar?.decode(String.self) {
            self = .string(value)
        } else if var elements = try? decoder.unkeyedContainer() {
            self = .array(try Self.elements(of: &elements))
        } else if let members = try? decoder.container(keyedBy: JSONKey.self) {
            self = .object(try Self.members(of: members))
        } else if let value = try? scalar?.decode(Bool.self) {
            self = .bool(value)
        } else {
            self = .double(try decoder.singleValueContainer().decode(Double.self))
        }
    }

    private static func members(of container: KeyedDecodingContainer<JSONKey>) throws -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for key in container.allKeys { members[key.stringValue] = try container.decode(JSONValue.self, forKey: key) }
        return members
    }

    private static func elements(of container: inout any UnkeyedDecodingContainer) throws -> [JSONValue] {
        var elements: [JSONValue] = []
        while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
        return elements
    }

    /// Writes the value as the JSON that it stands for.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// Any member name of a JSON object.
private struct JSONKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
