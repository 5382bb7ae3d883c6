extension OrderedJSON {
    /// The text that Python's `json.dumps(value, indent=2)` would write, members in their own order.
    func text(indentation: Int = 0) -> String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): Self.quoted(value)
        case .array(let values):
            Self.block("[", values.map { $0.text(indentation: indentation + 2) }, "]", indentation)
        case .object(let members):
            Self.block(
                "{", members.map { Self.quoted($0.key) + ": " + $0.value.text(indentation: indentation + 2) }, "}",
                indentation)
        }
    }

    private static func block(_ open: String, _ lines: [String], _ close: String, _ indentation: Int) -> String {
        guard !lines.isEmpty else { return open + close }
        let margin = String(repeating: " ", count: indentation)
        return open + "\n" + lines.map { margin + "  " + $0 }.joined(separator: ",\n") + "\n" + margin + close
    }

    /// ASCII only, as Python writes by default: everything else becomes `\uXXXX`.
    private static func quoted(_ text: String) -> String {
        "\"" + text.utf16.map(escaped).joined() + "\""
    }

    private static func escaped(_ unit: UInt16) -> String {
        switch unit {
        case 0x22: return "\\\""
        case 0x5C: return "\\\\"
        case 0x0A: return "\\n"
        case 0x0D: return "\\r"
        case 0x09: return "\\t"
        case 0x08: return "\\b"
        case 0x0C: return "\\f"
        case 0x20...0x7E: return String(UnicodeScalar(UInt8(unit)))
        default:
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}
