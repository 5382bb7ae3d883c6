import Foundation
import Models

/// URLs that hold their contents themselves (RFC 2397), in base64.
enum DataURL {
    /// Whether a text is one.
    static func isOne(_ text: String) -> Bool { text.prefix(5).lowercased() == "data:" }

    /// What a URL holds.
    ///
    /// - Throws: `RowProblem.Reason` where it is not in base64.
    static func contents(_ text: String) throws -> Data {
        guard let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")), isOne(text) else {
            throw RowProblem.Reason("its data: URL has no comma before its contents")
        }
        guard text[..<comma].lowercased().hasSuffix(";base64") else {
            throw RowProblem.Reason("its data: URL is not in base64: expected `data:image/png;base64,…`")
        }
        let body = String(text[text.utf8.index(after: comma)...])
        let plain = body.utf8.contains(UInt8(ascii: "%")) ? body.removingPercentEncoding : body
        guard let data = plain.flatMap({ Data(base64Encoded: $0) }) else {
            throw RowProblem.Reason("the contents of its data: URL are not valid base64, or are cut short")
        }
        return data
    }

    /// Which of the `data:` URLs of a row a text is, in the order in which they stand in it.
    static func position(of text: String, in row: JSONValue) -> Int { all(in: row).firstIndex(of: text) ?? 0 }

    /// The `data:` URLs in a row, wherever they stand.
    static func all(in value: JSONValue) -> [String] {
        switch value {
        case .string(let text): isOne(text) ? [text] : []
        case .array(let elements): elements.flatMap(all)
        case .object(let members): members.flatMap { all(in: $0.value) }
        default: []
        }
    }
}
