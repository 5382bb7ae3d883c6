import Foundation

/// The field separator of a table.
public struct TableSeparator: Equatable, Sendable {
    static let comma = TableSeparator(byte: UInt8(ascii: ","))
    static let tab = TableSeparator(byte: UInt8(ascii: "\t"))
    /// The separators that are recognised, the most common first.
    private static let recognised = [
        comma, tab, TableSeparator(byte: UInt8(ascii: ";")), TableSeparator(byte: UInt8(ascii: "|")),
    ]
    /// The name that lets the first line decide.
    public static let automatic = "auto"

    let byte: UInt8

    private init(byte: UInt8) { self.byte = byte }

    /// Reads `tab`, or a character of ASCII that no field needs for itself; `nil` for anything else.
    public init?(name: String) {
        if name == "tab" || name == "\\t" {
            self = .tab
            return
        }
        guard name.utf8.count == 1, let byte = name.utf8.first, byte < 0x80, !name.utf8.contains(UInt8(ascii: "\"")),
            byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r"), byte != 0
        else { return nil }
        self.byte = byte
    }

    /// Whether a name can be read, or lets the first line decide.
    public static func isName(_ name: String) -> Bool { name == automatic || TableSeparator(name: name) != nil }

    /// What messages call it.
    var name: String { self == .tab ? "tab" : "`\(Character(Unicode.Scalar(byte)))`" }

    /// The separator of a table by its first line: the one that finds the most names that are known, then the most
    /// names.
    ///
    /// - Returns: The separator and the names; `nil` if no separator finds a known name.
    static func recognised(in line: Data, known: Set<String>) -> (separator: TableSeparator, columns: [String])? {
        let found = recognised.compactMap { separator -> (separator: TableSeparator, columns: [String])? in
            guard let columns = try? CSVScanner.fields(line, separator), columns.contains(where: known.contains)
            else { return nil }
            return (separator, columns)
        }
        let score = { (columns: [String]) in (columns.count(where: known.contains), columns.count) }
        return found.reduce(nil) { best, next in
            guard let best else { return next }
            return score(next.columns) > score(best.columns) ? next : best
        }
    }
}
