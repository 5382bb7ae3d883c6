/// A JSON value whose strings keep their exact Unicode scalars and whose objects keep every key.
///
/// Foundation's decoders key dictionaries by `String`, where canonically equivalent keys are one; two tokens of a
/// vocabulary may differ in just that.
enum JSONTree {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([(key: String, value: JSONTree)])

    /// The member of an object with this key, if it is an object and has it; the last one wins, as in most parsers.
    subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// What kind of value this is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
