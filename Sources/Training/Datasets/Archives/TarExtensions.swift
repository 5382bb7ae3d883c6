import Foundation

/// What headers before a member's own say of it: pax records (POSIX.1-2001) and GNU's long names.
struct TarExtensions {
    /// The types of such headers: records for one member and for all, a long name, a long link.
    static let types = Set("xgLK".utf8)
    /// The most bytes of one.
    static let maxSize = 1 << 20

    private(set) var name: String?
    private(set) var size: Int?
    private(set) var isSparse = false

    /// Takes a header's contents in.
    ///
    /// - Parameters:
    ///   - contents: `nil` if they are too large.
    ///   - damage: makes an error of a reason.
    mutating func add(_ type: UInt8, _ contents: Data?, damage: (String) -> TrainingError) throws {
        guard let contents else { throw damage("an extended header has more than \(Self.maxSize) bytes") }
        switch type {
        case UInt8(ascii: "L"): name = TarHeader.text(Array(contents)[...])
        case UInt8(ascii: "x"):
            guard addRecords(Array(contents)[...]) else { throw damage("a pax header has no valid records") }
        default: break
        }
    }

    /// Takes records in: `LENGTH KEY=VALUE\n` each, the length that of the whole record.
    private mutating func addRecords(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let first = rest.first, first != 0 {
            let digits = rest.prefix { $0 != 0x20 }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
                length <= rest.count
            else { return false }
            let record = rest.prefix(length).dropFirst(digits.count + 1)
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                return false
            }
            let value = String(decoding: record[(equals + 1)...].dropLast(), as: UTF8.self)
            guard add(String(decoding: record[..<equals], as: UTF8.self), value) else { return false }
            rest = rest.dropFirst(length)
        }
        return true
    }

    private mutating func add(_ key: String, _ value: String) -> Bool {
        if key == "path" { name = value }
        if key.hasPrefix("GNU.sparse") { isSparse = true }
        guard key == "size" else { return true }
        size = Int(value)
        return size.map { $0 >= 0 } ?? false
    }
}
