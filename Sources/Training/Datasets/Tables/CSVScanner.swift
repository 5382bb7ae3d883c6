import Foundation

/// Finds the records of comma-separated values (RFC 4180), or of ones with another separator: a line end within quotes does not end a record.
/// Lines end with a line feed, a carriage return, or both.
enum CSVScanner {
    /// Where each record lies, without its line end; empty lines are none.
    ///
    /// - Throws: `TrainingError` if a quote is not closed.
    static func records(
        _ data: Data, name: String, _ separator: TableSeparator = .comma
    ) throws -> [RowIndex.Entry] {
        try data.withUnsafeBytes { bytes in
            var entries: [RowIndex.Entry] = []
            var line = 1
            var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
            while position < bytes.count {
                let (start, firstLine) = (position, line)
                guard let end = end(of: bytes, separator, from: &position, line: &line) else {
                    throw TrainingError(
                        .invalidDataset, "\(name):\(firstLine): a quote that begins in this row is not closed")
                }
                if end > start { entries.append(RowIndex.Entry(bytes: start..<end, line: firstLine)) }
            }
            return entries
        }
    }

    /// The end of the record at a position, which moves behind its line end; `nil` if the data ends within quotes.
    private static func end(
        of bytes: UnsafeRawBufferPointer, _ separator: TableSeparator, from position: inout Int, line: inout Int
    ) -> Int? {
        var isQuoted = false
        // A quote opens at the beginning of a field, or again where it has just closed: twice for one.
        var canOpen = true
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\""), isQuoted || canOpen {
                isQuoted.toggle()
                canOpen = true
            } else {
                canOpen = byte == separator.byte
            }
            if byte == UInt8(ascii: "\r"), position == bytes.count || bytes[position] != UInt8(ascii: "\n") {
                line += 1
                if !isQuoted { return position - 1 }
            }
            guard byte == UInt8(ascii: "\n") else { continue }
            line += 1
            if !isQuoted { return lineEnd(bytes, position - 1) }
        }
        return isQuoted ? nil : lineEnd(bytes, position)
    }

    /// The position before a carriage return, where one stands there.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int {
        position > 0 && bytes[position - 1] == UInt8(ascii: "\r") ? position - 1 : position
    }

    /// The fields of a record.
    ///
    /// - Throws: `RowProblem.Reason` if its quotes are not as RFC 4180 has them. Between tabs a quote within a field
    ///   stands for itself, as Python and pandas read it.
    static func fields(_ record: Data, _ separator: TableSeparator = .comma) throws -> [String] {
        var fields: [String] = []
        var rest = [UInt8](record)[...]
        while true {
            fields.append(try rest.first == UInt8(ascii: "\"") ? quoted(&rest) : plain(&rest, separator))
            guard let next = rest.popFirst() else { return fields }
            guard next == separator.byte else {
                let name = separator == .comma ? "a comma" : separator.name
                throw RowProblem.Reason("field \(fields.count): expected \(name) after its closing quote")
            }
        }
    }

    private static func plain(_ rest: inout ArraySlice<UInt8>, _ separator: TableSeparator) throws -> String {
        let field = rest.prefix { $0 != separator.byte }
        guard separator == .tab || !field.contains(UInt8(ascii: "\"")) else {
            throw RowProblem.Reason(
                "a quote occurs in a field that is not quoted: quote the field, and write each quote in it as \"\"")
        }
        rest = rest.dropFirst(field.count)
        return String(decoding: field, as: UTF8.self)
    }

    private static func quoted(_ rest: inout ArraySlice<UInt8>) throws -> String {
        var field: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\"") else {
                field.append(byte)
                continue
            }
            guard rest.first == UInt8(ascii: "\"") else { return String(decoding: field, as: UTF8.self) }
            field.append(byte)
            rest = rest.dropFirst()
        }
        throw RowProblem.Reason("a quote is not closed")
    }
}
