import Foundation

/// Makes tar archives for tests, header by header.
struct TarFile {
    private(set) var data = Data()

    /// Adds a member.
    ///
    /// - Parameters:
    ///   - magic: `ustar\0` and version, or GNU's.
    ///   - prefix: The beginning of a long name.
    mutating func add(
        _ name: String, _ contents: Data, type: Character = "0", prefix: String = "", magic: String = "ustar\u{0}00",
        size: String? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put(size ?? Self.octal(contents.count, digits: 11), at: 124)
        put(magic, at: 257)
        put(prefix, at: 345)
        header[156] = type.asciiValue ?? 0
        put("        ", at: 148)
        put(Self.octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0} ", at: 148)
        data += header + contents + Data(count: (512 - contents.count % 512) % 512)
    }

    mutating func add(_ name: String, _ text: String) { add(name, Data(text.utf8)) }

    /// Adds pax records for the member that follows.
    mutating func addRecords(_ records: [(String, String)], type: Character = "x") {
        let lines = records.map { key, value in
            let rest = " \(key)=\(value)\n".utf8.count
            let length = (1...9).first { "\(rest + $0)".count == $0 }.map { rest + $0 } ?? 0
            return "\(length) \(key)=\(value)\n"
        }
        add("pax", Data(lines.joined().utf8), type: type)
    }

    /// The archive with its end mark.
    var finished: Data { data + Data(count: 1024) }

    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
