import Models

/// Bytes of an example that JSON cannot hold: which of the example's values they are stands in their place.
struct BinaryCell: Hashable, Sendable {
    /// The column, from 0.
    let column: Int
    /// The value's position among those of the row in its column.
    let index: Int

    private static let key = "\u{0}bytes"
    private static let scheme = "data:;row,"

    init(column: Int, index: Int) { (self.column, self.index) = (column, index) }

    /// What stands in an example's JSON: an object, which is taken for no text.
    var json: JSONValue { .object([.init(Self.key, .array([.int(column), .int(index)]))]) }

    /// What stands for the bytes as a reference to an image.
    var reference: String { "\(Self.scheme)\(column),\(index)" }

    /// The bytes that stand in an example's JSON; `nil` for anything else.
    init?(_ json: JSONValue) {
        guard case .object(let members) = json, members.count == 1, members[0].key == Self.key,
            let column = members[0].value[0]?.intValue, let index = members[0].value[1]?.intValue
        else { return nil }
        self.init(column: column, index: index)
    }

    /// The bytes that a reference means; `nil` for any other reference.
    init?(reference: String) {
        guard reference.hasPrefix(Self.scheme) else { return nil }
        let numbers = reference.dropFirst(Self.scheme.count).split(separator: ",").map { Int($0) }
        guard numbers.count == 2, let column = numbers[0], let index = numbers[1], column >= 0, index >= 0 else {
            return nil
        }
        self.init(column: column, index: index)
    }

    /// A value of an example with null in the places of bytes.
    static func left(out value: JSONValue) -> JSONValue {
        if BinaryCell(value) != nil { return .null }
        switch value {
        case .array(let elements): return .array(elements.map { left(out: $0) })
        case .object(let members): return .object(members.map { .init($0.key, left(out: $0.value)) })
        default: return value
        }
    }
}
