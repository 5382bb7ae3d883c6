import Foundation

extension Endpoint {
    /// A machine, or one of its addresses.
    public enum Host: Hashable, Sendable, CustomStringConvertible {
        /// `*`: every address of this machine, to listen on.
        case any
        /// An IPv4 address in dotted form.
        case ipv4(String)
        /// An IPv6 address in its shortest form, without brackets.
        case ipv6(String)
        /// A name to look up.
        case name(String)

        /// The host as an endpoint writes it.
        public var description: String {
            switch self {
            case .any: "*"
            case .ipv4(let text), .name(let text): text
            case .ipv6(let text): "[\(text)]"
            }
        }

        /// Whether it stands for every address, which can be listened on and not dialed.
        public var isWildcard: Bool { self == .any || self == .ipv4("0.0.0.0") || self == .ipv6("::") }

        /// Whether it is an IPv4 address.
        var isIPv4: Bool { if case .ipv4 = self { true } else { false } }

        /// Whether only this machine can reach it. Names are not looked up.
        public var isLoopback: Bool {
            switch self {
            case .any, .name: false
            case .ipv4(let text): text.hasPrefix("127.")
            case .ipv6(let text): text == "::1"
            }
        }
    }
}

extension Endpoint.Host {
    /// Reads `*`, an IPv4 address, an IPv6 address in brackets, or a name; nil if it is none of them.
    init?(_ text: Substring) {
        if text == "*" {
            self = .any
        } else if text.hasPrefix("[") {
            guard text.hasSuffix("]"), let address = Self.canonical(text.dropFirst().dropLast(), AF_INET6) else {
                return nil
            }
            self = .ipv6(address)
        } else if let address = Self.canonical(text, AF_INET) {
            self = .ipv4(address)
        } else {
            guard Self.isName(text) else { return nil }
            self = .name(text.lowercased())
        }
    }

    /// An address as the system prints it.
    private static func canonical(_ text: Substring, _ family: Int32) -> String? {
        var address = in6_addr()  // the larger of the two families
        guard !text.contains("\0"), inet_pton(family, String(text), &address) == 1 else { return nil }
        var printed = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, &address, &printed, socklen_t(printed.count)) != nil else { return nil }
        return String(decoding: printed.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Labels of letters, digits, `-` and `_` (RFC 1123, and what container networks add). A last label of digits would
    /// be taken for an IPv4 address by some resolvers and for a name by others.
    private static func isName(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, let last = labels.last, !last.allSatisfy(\.isNumber) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }
}
