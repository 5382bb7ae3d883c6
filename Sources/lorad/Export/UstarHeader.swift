/// The header of a member of an export: ustar (POSIX.1-1988) with everything fixed that is not its name and size, so
/// the same contents are the same bytes.
struct UstarHeader: Equatable {
    static let blockSize = 512
    /// The most bytes of a member: eleven octal digits.
    static let sizeLimit = 1 << 33 - 1
    private static let nameLength = 100

    let name: String
    let size: Int

    /// Whether a header can hold a name and a size: a relative path of plain characters, without `.` and `..`.
    static func canHold(_ name: String, size: Int) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...nameLength).contains(name.utf8.count) && name.utf8.allSatisfy(isPlain)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." } && (0...sizeLimit).contains(size)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "/")].contains(byte)
        }
    }

    /// Creates a header; `nil` for a name or size that none can hold.
    init?(name: String, size: Int) {
        guard Self.canHold(name, size: size) else { return nil }
        (self.name, self.size) = (name, size)
    }

    /// Reads a header of an export. Whatever a header could say besides, such as a link, another kind, a longer name or a time,
    /// makes it another block than `bytes`.
    init?(_ block: [UInt8]) {
        guard block.count == Self.blockSize, let size = Self.octal(block[124..<136]) else { return nil }
        let name = String(decoding: block[0..<Self.nameLength].prefix { $0 != 0 }, as: UTF8.self)
        self.init(name: name, size: size)
        guard bytes == block else { return nil }
    }

    /// The block: an ordinary file of mode 644, of user and group 0, of 1970.
    var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000644\0", at: 100)
        put("0000000\0", at: 108)
        put("0000000\0", at: 116)
        put(Self.digits(size, count: 11) + "\0", at: 124)
        put("00000000000\0", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put("0000000\0", at: 329)
        put("0000000\0", at: 337)
        put(Self.digits(block.reduce(0) { $0 + Int($1) }, count: 6) + "\0 ", at: 148)
        return block
    }

    /// Bytes that fill the last block of the contents.
    var padding: Int { (Self.blockSize - size % Self.blockSize) % Self.blockSize }

    private static func digits(_ number: Int, count: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.last == 0, field.dropLast().allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return field.dropLast().reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }
}
