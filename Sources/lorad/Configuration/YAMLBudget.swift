/// How much a run file may hold. An alias stands for everything that its anchor names, so a few lines could stand for
/// more values than a machine can hold; and workers read what a coordinator sends them.
struct YAMLBudget {
    private static let mostBytes = 1 << 20
    private static let mostAliases = 16
    private static let mostValues = 100_000
    private static let deepest = 64

    private var values = 0
    private var depth = 0

    /// Counts a value, and those within it until `leave`.
    ///
    /// - Throws: `ConfigurationError` if there are too many, or one lies too deep in others.
    mutating func enter(_ origin: ConfigurationOrigin) throws {
        values += 1
        depth += 1
        guard values <= Self.mostValues else {
            throw Self.error("more than \(Self.mostValues) values, including those that aliases stand for", origin)
        }
        guard depth <= Self.deepest else {
            throw Self.error("lists and mappings nested more than \(Self.deepest) levels deep", origin)
        }
    }

    /// Ends the value that was entered last.
    mutating func leave() { depth -= 1 }

    /// Checks a text before it is parsed. The parser compares keys, including aliases in them; these limits keep that
    /// fast for any text.
    ///
    /// - Throws: `ConfigurationError` if it is too long, or may have too many aliases.
    static func checkText(_ yaml: String, _ origin: (_ line: Int) -> ConfigurationOrigin) throws {
        guard yaml.utf8.count <= mostBytes else { throw error("more than \(mostBytes) bytes", origin(1)) }
        var (line, aliases, previous, followsStar) = (1, 0, newline, false)
        for byte in yaml.utf8 {
            // An alias as far as can be told without parsing; some are parts of texts.
            if followsStar, isOfName(byte) { aliases += 1 }
            guard aliases <= mostAliases else { throw error("more than \(mostAliases) aliases", origin(line)) }
            followsStar = byte == UInt8(ascii: "*") && endsToken(previous)
            if byte == newline { line += 1 }
            previous = byte
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// Whether an anchor's name may hold a byte.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether something new may begin after a byte, which may be a part of a line break that is not ASCII.
    private static func endsToken(_ byte: UInt8) -> Bool { byte >= 0x80 || " \t\r\n[]{},:?'\"".utf8.contains(byte) }

    private static func error(_ found: String, _ origin: ConfigurationOrigin) -> ConfigurationError {
        ConfigurationError([.init(origin: origin, key: nil, reason: "\(found): this is not a run file")])
    }
}
