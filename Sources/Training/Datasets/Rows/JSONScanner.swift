/// Walks over the bytes of a dataset file to find where its examples begin and end, without reading what is in them.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private let name: String
    private var position = 0
    private var line = 1

    init(_ bytes: UnsafeRawBufferPointer, name: String) {
        self.bytes = bytes
        self.name = name
    }

    /// The byte at the scanner's position, or nil at the end.
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// What stands at the scanner's position, for messages.
    var found: String {
        current.map { "`\(Character(Unicode.Scalar($0)))`" } ?? "the end of the file"
    }

    /// An error at the scanner's position.
    func error(_ reason: String) -> TrainingError {
        TrainingError(.invalidDataset, "\(name):\(line): not valid JSON: \(reason)")
    }

    /// Skips the mark that some editors put before UTF-8 text.
    mutating func skipByteOrderMark() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Skips white space.
    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) { advance() }
    }

    private mutating func advance() {
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    /// The first element of an array, or the first line; `nil` if absent, or it is not whole.
    mutating func firstRow() -> Range<Int>? {
        skipByteOrderMark()
        skipSpace()
        let isArray = current == UInt8(ascii: "[")
        if isArray {
            advance()
            skipSpace()
        }
        if let entry = try? element(index: 0) { return entry.bytes }
        guard !isArray, current != nil else { return nil }
        return lines().first?.bytes
    }

    /// The elements of the array that begins here, which must be all that the file holds.
    mutating func arrayElements() throws -> [RowIndex.Entry] {
        var entries: [RowIndex.Entry] = []
        advance()
        skipSpace()
        while current != UInt8(ascii: "]") || !entries.isEmpty {
            entries.append(try element(index: entries.count))
            skipSpace()
            guard current == UInt8(ascii: ",") else { break }
            advance()
            skipSpace()
        }
        guard current == UInt8(ascii: "]") else {
            throw error("expected `,` or `]` after example \(entries.count - 1), found \(found)")
        }
        advance()
        skipSpace()
        guard current == nil else { throw error("expected the end of the file after `]`, found \(found)") }
        return entries
    }

    /// The object that begins here, up to its closing brace.
    private mutating func element(index: Int) throws -> RowIndex.Entry {
        guard current == UInt8(ascii: "{") else { throw error("expected `{` for example \(index), found \(found)") }
        let start = (position: position, line: line)
        var depth = 0
        repeat {
            switch current {
            case nil:
                throw error("example \(index), which begins in line \(start.line), is not closed")
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""): skipString()
            default: break
            }
            if current != nil { advance() }
        } while depth > 0
        return RowIndex.Entry(bytes: start.position..<position, line: start.line)
    }

    /// Goes from a string's opening quote to its closing one, or to the end of the file.
    private mutating func skipString() {
        advance()
        while let byte = current, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { advance() }
            if current != nil { advance() }
        }
    }

    /// The lines from here to the end that hold anything.
    mutating func lines() -> [RowIndex.Entry] {
        var entries: [RowIndex.Entry] = []
        while current != nil {
            let start = (position: position, line: line)
            while let byte = current, byte != UInt8(ascii: "\n") { advance() }
            entries.append(RowIndex.Entry(bytes: start.position..<position, line: start.line))
            skipSpace()
        }
        return entries
    }
}
