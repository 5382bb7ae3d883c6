public import Foundation

extension JSONValue {
    /// Reads the single value of a file (RFC 8259, in UTF-8).
    ///
    /// - Parameters:
    ///   - data: The file's contents.
    ///   - file: The file's name in error messages.
    ///   - refusesRepeatedKeys: Whether a repeated key in an object is an error. Otherwise both members are kept and
    ///     the last one counts, as in Python.
    ///   - takesNonNumbers: Whether `NaN`, `Infinity` and `-Infinity`, which Python writes, are read as null.
    /// - Throws: ``ModelError/Code/corruptFile`` with the file, the line, what was expected and what was found.
    public init(
        parsing data: Data, file: String, refusesRepeatedKeys: Bool = false, takesNonNumbers: Bool = false
    ) throws {
        var reader = try JSONReader(
            data, file: file, refusesRepeatedKeys: refusesRepeatedKeys, takesNonNumbers: takesNonNumbers)
        self = try reader.readValue()
        try reader.finish()
    }

    /// The text that Python's `json.dumps(value, indent=indent)` writes, members in their own order.
    ///
    /// Numbers that are not finite become null, because JSON cannot represent them.
    ///
    /// - Parameters:
    ///   - indent: Spaces before each level; nil writes everything on one line.
    ///   - isASCII: Whether non-ASCII characters are written as `\uXXXX`, as Python does by default.
    public func text(indent: Int? = nil, isASCII: Bool = true) -> String {
        var writer = JSONWriter(indent: indent, isASCII: isASCII)
        writer.write(self)
        return writer.text
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON on one line.
    public var description: String { text(isASCII: false) }

    /// The value with its kind and the start of its content, for messages: `the list ["a", 1…`.
    public var excerpt: String {
        switch self {
        case .array(let elements) where !elements.isEmpty: "the list \(beginning)"
        case .object(let members) where !members.isEmpty: "the mapping \(beginning)"
        case .string: "the string \(beginning)"
        default: summary
        }
    }

    /// At most 60 characters of the JSON text.
    private var beginning: String {
        let text = description
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    /// The value with its kind, for messages, without the content of a list or mapping: `the string "abc"`.
    public var summary: String {
        switch self {
        case .null, .bool: description
        case .int, .double: "the number \(description)"
        case .string(let text): "the string \"\(text)\""
        case .array(let elements): elements.isEmpty ? "an empty list" : "a list"
        case .object(let members): members.isEmpty ? "an empty mapping" : "a mapping"
        }
    }
}
