import Foundation
import Models

/// URLs that hold their contents themselves (RFC 2397), in base64.
enum DataURL {
    /// What stands before `bytes` of an example, which are base64 alone.
    static let bytesPrefix = "data:;base64,"

    /// Whether a text is one.
    static func isOne(_ text: String) -> Bool { text.prefix(5).lowercased() == "data:" }

    /// What a URL holds.
    ///
    /// - Throws: `RowProblem.Reason` if it is not in base64.
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
            let what = text.hasPrefix(bytesPrefix) ? "`bytes`" : "the contents of its data: URL"
            throw RowProblem.Reason("\(what) are not valid base64, or are truncated")
        }
        return data
    }

    /// Which of the `data:` URLs of an example a text is, in the order in which they stand in it.
    static func position(of text: String, in row: JSONValue) -> Int {
        let urls = all(in: row)
        return urls.firstIndex(of: text) ?? urls.count
    }

    /// The `data:` URLs in an example, wherever they stand, and what stands under `bytes` as one.
    static func all(in value: JSONValue) -> [String] {
        switch value {
        case .string(let text): isOne(text) ? [text] : []
        case .array(let elements): elements.flatMap(all)
        case .object(let members): members.flatMap { $0.key == "bytes" ? bytes($0.value) : all(in: $0.value) }
        default: []
        }
    }

    /// `bytes` of an image, which are base64 alone or a whole URL.
    private static func bytes(_ value: JSONValue) -> [String] {
        guard let text = value.stringValue, !text.isEmpty else { return all(in: value) }
        return [url(ofBytes: text)]
    }

    /// The URL that `bytes` of an image are: base64 gets the prefix.
    static func url(ofBytes text: String) -> String { isOne(text) ? text : bytesPrefix + text }
}
