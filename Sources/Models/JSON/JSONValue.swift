/// A JSON document as a tree: configuration files whose keys are not all known beforehand.
///
/// Objects keep the order of their members, which carries meaning in PEFT's `rank_pattern` and `alpha_pattern`, where
/// the first entry that matches wins. They also keep every key: two tokens of a vocabulary may be canonically
/// equivalent, and a dictionary with `String` keys would keep only one of them.
public enum JSONValue: Equatable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction or exponent.
    case int(Int)
    /// Any other number.
    case double(Double)
    /// A string, with its exact Unicode scalars.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Named values in the order in which they were written.
    case object([Member])

    /// One name and its value in an object.
    public struct Member: Equatable, Sendable {
        /// The name.
        public let key: String
        /// Its value.
        public let value: JSONValue

        /// Creates a member.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }
}
