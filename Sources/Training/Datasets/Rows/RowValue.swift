import Foundation
import Models

/// A value in an example of JSON and where it stands there, with typed access whose errors name the place. Of a key
/// that an object has twice the last counts.
struct RowValue {
    let value: JSONValue
    /// Such as `conversations[1].value`; empty for the example itself.
    let path: String

    /// Reads an example.
    ///
    /// - Throws: `RowProblem.Reason` if it is not JSON, not UTF-8, or too long.
    static func row(_ bytes: Data) throws -> RowValue {
        try MappedText.check(bytes)
        do {
            return RowValue(value: try JSONValue(parsing: bytes, file: "row", takesNonNumbers: true), path: "")
        } catch let error as ModelError {
            throw RowProblem.Reason("is not valid JSON\(detail(of: error.message))")
        }
    }

    /// What the parser found, and the example's own line where it has several.
    private static func detail(of message: String) -> String {
        guard let mark = message.firstRange(of: "not valid JSON: ") else { return "" }
        let line = message.dropFirst("row:".count).prefix { $0.isNumber }
        return ": \(message[mark.upperBound...])" + (line == "1" ? "" : ", in line \(line) of the example")
    }

    /// Whether it is a text, list or object that holds nothing.
    var isEmpty: Bool { value == .string("") || value == .array([]) || value == .object([]) }

    /// Whether there is a member, null or not.
    func has(_ key: String) -> Bool { value[key] != nil }

    /// A member, unless it is absent or null.
    func member(_ key: String) -> RowValue? {
        guard let member = value[key], !member.isNull else { return nil }
        return RowValue(value: member, path: place(of: key))
    }

    /// The one of two keys under which there is something, the first where there is under both. Where both are null or absent,
    /// the first if it alone is written.
    func key(_ first: String, or second: String) -> String {
        if member(first) != nil { return first }
        return member(second) == nil && has(first) && !has(second) ? first : second
    }

    /// A member that must be there; null counts.
    func required(_ key: String) throws -> RowValue {
        guard case .object = value else { throw unexpected("an object") }
        guard let member = value[key] else { throw reason("has no `\(key)`") }
        return RowValue(value: member, path: place(of: key))
    }

    /// The text that it must be.
    func text() throws -> String {
        guard let text = value.stringValue else { throw unexpected("text") }
        return text
    }

    /// The elements of the list that it must be.
    func list() throws -> [RowValue] {
        guard let elements = value.arrayValue else { throw unexpected("a list") }
        return elements.enumerated().map { RowValue(value: $1, path: "\(path)[\($0)]") }
    }

    /// An identifier: text in most datasets, a number in some.
    func identifier() throws -> String {
        if let text = value.stringValue { return text }
        if let number = value.intValue { return "\(number)" }
        guard let number = value.doubleValue else { throw unexpected("text or a number") }
        return "\(number)"
    }

    /// The paths or URLs of images: one, or a list of them. Nulls in a list are none.
    func references() throws -> [String] {
        if value.arrayValue == nil { return try value == .string("") ? [] : [reference()] }
        return try list().filter { !$0.value.isNull }.map { try $0.reference() }
    }

    /// The paths or URLs of the images that an example lists.
    func pictures() throws -> [String] { try (member("image") ?? member("images"))?.references() ?? [] }

    /// The path or URL of an image: text, or `bytes` and `path` as `datasets` has them, where bytes come first.
    func reference() throws -> String {
        if let text = value.stringValue { return text }
        if let cell = BinaryCell(value) { return cell.reference }
        let (bytes, path) = (member("bytes"), member("path"))
        guard case .object = value, value["bytes"] != nil || value["path"] != nil else {
            throw unexpected("a path or a list of paths")
        }
        if let bytes, !bytes.isEmpty {
            if let cell = BinaryCell(bytes.value) { return cell.reference }
            return DataURL.url(ofBytes: try bytes.text())
        }
        guard let path, !path.isEmpty else { throw reason("has neither `bytes` nor a `path`") }
        return try path.text()
    }

    /// A problem with this value.
    func reason(_ text: String) -> RowProblem.Reason { RowProblem.Reason(path.isEmpty ? text : "`\(path)`: \(text)") }

    private func unexpected(_ kind: String) -> RowProblem.Reason {
        reason("expected \(kind), found \(BinaryCell(value) == nil ? value.excerpt : "bytes")")
    }

    private func place(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
