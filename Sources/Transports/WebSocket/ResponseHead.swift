/// The head of an HTTP/1.1 response, read from bytes that anyone may have sent.
struct ResponseHead: Equatable {
    /// The most bytes of a head.
    static let limit = 16 << 10

    /// The status, 100 to 999.
    let status: Int
    /// What the status line says after it.
    let reason: String
    /// Names in small letters, and values.
    let fields: [(name: String, value: String)]

    static func == (first: Self, second: Self) -> Bool {
        (first.status, first.reason) == (second.status, second.reason)
            && first.fields.elementsEqual(second.fields) { $0 == $1 }
    }

    /// The status line, as a message may print it.
    var summary: String { "HTTP \(status) \(reason)".printable(limit: 80).trimmingSuffix(" ") }

    /// A field's values, in order.
    func values(of name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// Reads a head from the bytes received so far.
    ///
    /// - Returns: the head and its size in bytes; nil while its end is not there.
    /// - Throws: `TransportError`: `malformed` where it is no HTTP/1 response, `tooLarge` above the limit.
    static func read(_ bytes: some Collection<UInt8>) throws -> (head: ResponseHead, size: Int)? {
        let start = Array(bytes.prefix(limit))
        guard "HTTP/1.".utf8.elementsEqual(start.prefix(7)) || start.count < 7 && "HTTP/1.".utf8.starts(with: start)
        else { throw TransportError(.malformed, "the answer is not HTTP/1.1") }
        let end: [UInt8] = [13, 10, 13, 10]
        guard let mark = start.firstRange(of: end) else {
            guard bytes.count < limit else {
                throw TransportError(.tooLarge, "an HTTP head of more than \(limit) bytes")
            }
            return nil
        }
        return (try head(String(decoding: start[..<mark.lowerBound], as: UTF8.self)), mark.upperBound)
    }

    private static func head(_ text: String) throws -> ResponseHead {
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let parts = lines.removeFirst().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, ["HTTP/1.0", "HTTP/1.1"].contains(parts[0]), parts[1].utf8.count == 3,
            let status = Int(parts[1]), status >= 100
        else { throw TransportError(.malformed, "the answer's status line cannot be read") }
        let fields = try lines.map { line in
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
                throw TransportError(.malformed, "a field of the answer's head cannot be read")
            }
            let value = line[line.index(after: colon)...]
            return (line[..<colon].lowercased(), String(value.trimmingWhitespace))
        }
        return ResponseHead(status: status, reason: parts.count > 2 ? String(parts[2]) : "", fields: fields)
    }
}

extension StringProtocol {
    fileprivate var trimmingWhitespace: SubSequence {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return start.prefix(0) }
        return start[...last]
    }

    fileprivate func trimmingSuffix(_ suffix: Character) -> String {
        var text = String(self)
        while text.last == suffix { text.removeLast() }
        return text
    }
}
