import Foundation

/// A header block of a tar archive: ustar and pax (POSIX.1-2001), and GNU's.
struct TarHeader {
    static let blockSize = 512

    let name: String
    let size: Int
    let type: UInt8

    /// Why a block is no header.
    struct Damage: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// Reads a block; `nil` for one of zeros, which ends an archive.
    ///
    /// - Throws: `Damage`.
    init?(_ block: [UInt8]) throws {
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard Self.number(block[148..<156]) == Self.checksum(block) else {
            throw Damage("the checksum of a header is wrong")
        }
        guard let size = Self.number(block[124..<136]) else { throw Damage("a header has no size") }
        self.size = size
        type = block[156]
        let prefix = Array(block[257..<263]) == Array("ustar\0".utf8) ? Self.text(block[345..<500]) : ""
        let name = Self.text(block[0..<100])
        self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    /// Whether the bytes of a header are followed by contents; those of links and folders never are.
    var hasContents: Bool { !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type) }

    /// Whether it is an ordinary file.
    var isFile: Bool { type == 0 || type == UInt8(ascii: "0") || type == UInt8(ascii: "7") }

    /// Whether it is a hard or symbolic link.
    var isLink: Bool { type == UInt8(ascii: "1") || type == UInt8(ascii: "2") }

    /// Whether it is a file with holes, whose contents are not in one piece.
    var isSparse: Bool { type == UInt8(ascii: "S") }

    /// Text up to the first zero.
    static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    /// Octal digits among spaces and zeros, or GNU's numbers of base 256; `nil` for anything else.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if field.first == 0x80 {
            let digits = field.dropFirst().drop { $0 == 0 }
            return digits.count < 8 ? digits.reduce(0) { $0 << 8 | Int($1) } : nil
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    /// The sum of a header's bytes, with spaces for the sum itself.
    private static func checksum(_ block: [UInt8]) -> Int {
        block.reduce(0) { $0 + Int($1) } - block[148..<156].reduce(0) { $0 + Int($1) } + 8 * 0x20
    }
}
