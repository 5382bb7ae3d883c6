import Foundation

/// What `NO_PROXY` lists: hosts that are reached without a proxy.
///
/// `*` is every host. `example.org` and `.example.org` are that name and every name below it. An address is itself, and
/// `10.0.0.0/8` every address that begins so. Each but `*` may have a port. Loopback addresses and `localhost` never go
/// through a proxy.
struct ProxyExceptions: Sendable {
    private struct Entry {
        let host: String
        let port: UInt16?
    }

    private let isEverything: Bool
    private let entries: [Entry]

    /// Reads a list whose entries are separated by commas or spaces.
    init(_ text: String) {
        let words = text.split { $0 == "," || $0.isWhitespace }
        isEverything = words.contains("*")
        entries = words.map { Self.entry($0) }
    }

    /// Whether a host is reached straight.
    func contains(_ host: Endpoint.Host, port: UInt16) -> Bool {
        if isEverything || host.isLoopback || host == .name("localhost") { return true }
        return entries.contains { ($0.port == nil || $0.port == port) && Self.covers($0.host, host) }
    }

    private static func entry(_ word: Substring) -> Entry {
        let afterHost = word.lastIndex(of: "]").map { word[$0...] } ?? word
        let isBareIPv6 = !word.hasPrefix("[") && word.count(where: { $0 == ":" }) > 1
        guard !isBareIPv6, let colon = afterHost.lastIndex(of: ":"),
            let port = UInt16(word[word.index(after: colon)...])
        else { return Entry(host: name(word), port: nil) }
        return Entry(host: name(word[..<colon]), port: port)
    }

    private static func name(_ text: Substring) -> String {
        var text = text.lowercased()
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if text.hasPrefix("*.") { text.removeFirst() }
        while text.hasPrefix(".") { text.removeFirst() }
        while text.hasSuffix(".") { text.removeLast() }
        return text
    }

    private static func covers(_ entry: String, _ host: Endpoint.Host) -> Bool {
        switch host {
        case .any: false
        case .name(let name): !entry.isEmpty && (name == entry || name.hasSuffix(".\(entry)"))
        case .ipv4(let text): covers(entry, bytes(text, AF_INET, 4), AF_INET, 4)
        case .ipv6(let text): covers(entry, bytes(text, AF_INET6, 16), AF_INET6, 16)
        }
    }

    private static func covers(_ entry: String, _ address: [UInt8]?, _ family: Int32, _ size: Int) -> Bool {
        let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address, let base = bytes(String(parts[0]), family, size) else { return false }
        guard parts.count == 2 else { return base == address }
        guard let bits = Int(parts[1]), (0...8 * size).contains(bits) else { return false }
        return (0..<bits).allSatisfy { bit in (base[bit / 8] ^ address[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0 }
    }

    private static func bytes(_ text: String, _ family: Int32, _ size: Int) -> [UInt8]? {
        var address = in6_addr()  // the larger of the two families
        guard inet_pton(family, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0.prefix(size)) }
    }
}
