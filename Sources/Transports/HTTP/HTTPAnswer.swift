public import Foundation

/// What a server answered over HTTP.
public struct HTTPAnswer: Equatable, Sendable {
    /// The status, 100 to 999.
    public let status: Int
    /// The content, without what it was transferred in.
    public let body: Data
    /// The content's type in small letters, without parameters; empty where the answer names none.
    public let type: String

    init(status: Int, body: Data, type: String = "") { (self.status, self.body, self.type) = (status, body, type) }

    private init(_ head: ResponseHead, _ body: Data) {
        let type = head.values(of: "content-type").first?.prefix { $0 != ";" && $0 != " " }
        self.init(status: head.status, body: body, type: type?.lowercased() ?? "")
    }

    /// Reads an answer from the bytes received so far.
    ///
    /// - Parameter isEnded: whether no more will come.
    /// - Returns: `nil` while it is not whole.
    /// - Throws: `TransportError`: `malformed`, `tooLarge` for a head over the limit.
    static func read(_ bytes: Data, isEnded: Bool) throws -> HTTPAnswer? {
        guard let (head, size) = try ResponseHead.read(bytes) else {
            guard isEnded else { return nil }
            throw cut()
        }
        let body = bytes.dropFirst(size)
        if head.values(of: "transfer-encoding").contains(where: { $0.lowercased() == "chunked" }) {
            // Reading it anew with every piece would take the square of its size.
            guard isEnded || body.suffix(lastChunk.count).elementsEqual(lastChunk) else { return nil }
            guard let whole = try unchunked(body) else {
                guard isEnded else { return nil }
                throw cut()
            }
            return HTTPAnswer(head, whole)
        }
        guard let length = head.values(of: "content-length").first else {
            return isEnded ? HTTPAnswer(head, Data(body)) : nil
        }
        guard let count = Int(length), count >= 0 else {
            throw TransportError(.malformed, "the answer's Content-Length is no number")
        }
        guard body.count >= count else {
            guard isEnded else { return nil }
            throw cut()
        }
        return HTTPAnswer(head, Data(body.prefix(count)))
    }

    private static let lastChunk = Data("0\r\n\r\n".utf8)
    private static let lineEnd = Data("\r\n".utf8)

    private static func cut() -> TransportError {
        TransportError(.unavailable, "the connection broke off before the answer was whole")
    }

    /// The content of chunks: for each its size in hexadecimal digits, a line end, its bytes and a line end; the last one has
    /// none.
    ///
    /// - Returns: `nil` if the last one is missing.
    private static func unchunked(_ bytes: Data) throws -> Data? {
        var (content, rest) = (Data(), bytes)
        while let end = rest.firstRange(of: lineEnd) {
            let digits = String(
                decoding: rest[rest.startIndex..<end.lowerBound].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard digits.utf8.count <= 15, digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let count = Int(digits, radix: 16)
            else { throw TransportError(.malformed, "the size of a chunk of the answer cannot be read") }
            if count == 0 { return content }
            rest = rest[end.upperBound...]
            guard rest.count >= count + lineEnd.count else { return nil }
            content += rest.prefix(count)
            rest = rest.dropFirst(count)
            guard rest.starts(with: lineEnd) else {
                throw TransportError(.malformed, "a chunk of the answer has no end")
            }
            rest = rest.dropFirst(lineEnd.count)
        }
        return nil
    }
}
