/// Writes JSON as Python's `json.dumps` does, which makes the files of a PEFT folder.
struct JSONWriter {
    private let indent: Int?
    private let isASCII: Bool
    private var margin = "\n"
    private(set) var text = ""

    /// Starts a text; the parameters are those of ``JSONValue/text(indent:isASCII:)``.
    init(indent: Int?, isASCII: Bool) {
        self.indent = indent
        self.isASCII = isASCII
    }

    /// Appends a value.
    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .int(let number): text += "\(number)"
        case .double(let number): text += number.isFinite ? "\(number)" : "null"
        case .string(let string): write(string)
        case .array(let elements): writeBlock("[", elements, "]") { $0.write($1) }
        case .object(let members):
            writeBlock("{", members, "}") { writer, member in
                writer.write(member.key)
                writer.text += ": "
                writer.write(member.value)
            }
        }
    }

    private mutating func writeBlock<Item>(
        _ open: String, _ items: [Item], _ close: String, _ body: (inout JSONWriter, Item) -> Void
    ) {
        text += open
        let outer = margin
        if let indent { margin += String(repeating: " ", count: indent) }
        for (index, item) in items.enumerated() {
            if index > 0 { text += indent == nil ? ", " : "," }
            if indent != nil { text += margin }
            body(&self, item)
        }
        margin = outer
        if indent != nil, !items.isEmpty { text += margin }
        text += close
    }

    private mutating func write(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            if let escape = Self.escapes[scalar] {
                text += escape
            } else if scalar.value >= 0x20, scalar.value < 0x7F || !isASCII {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 { text += Self.escaped(unit) }
            }
        }
        text += "\""
    }

    private static let escapes: [Unicode.Scalar: String] = [
        "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{8}": "\\b", "\u{C}": "\\f",
    ]

    private static func escaped(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
