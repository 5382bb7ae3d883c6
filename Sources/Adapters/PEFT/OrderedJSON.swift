/// A JSON value that keeps the order of its objects' members.
///
/// Order carries meaning in PEFT's `rank_pattern` and `alpha_pattern`, where the first entry that matches wins, and a
/// dictionary would lose it.
public enum OrderedJSON: Equatable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction or exponent.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// A string.
    case string(String)
    /// A list.
    case array([OrderedJSON])
    /// Named values in the order in which they were written.
    case object([Member])

    /// One name and its value in an object.
    public struct Member: Equatable, Sendable {
        /// The name.
        public let key: String
        /// What it stands for.
        public let value: OrderedJSON

        /// Creates a member.
        public init(_ key: String, _ value: OrderedJSON) {
            self.key = key
            self.value = value
        }
    }
}

extension OrderedJSON {
    /// The value with its kind, for error messages: `the string "abc"`.
    var described: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "the number \(value)"
        case .number(let value): "the number \(value)"
        case .string(let value): "the string \"\(value)\""
        case .array(let values): values.isEmpty ? "an empty list" : "a list"
        case .object(let members): members.isEmpty ? "an empty mapping" : "a mapping"
        }
    }
}
