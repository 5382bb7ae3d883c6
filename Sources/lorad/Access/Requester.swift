import Foundation

/// Who asks for something to be shown or done, and from where.
struct Requester: Codable, Equatable, Sendable {
    /// How it is known.
    enum Kind: String, Codable, Sendable {
        /// A user of the coordinator's machine who may write its state.
        case user
        /// The holder of an access token.
        case token
        /// Whoever opened the page by the address that the coordinator printed.
        case page
        /// Nobody that is known.
        case stranger
    }

    let kind: Kind
    /// The user's or the token's name; empty for others.
    let name: String
    /// `local`, or the address of the other end.
    let origin: String

    /// The user that this process runs as.
    static func user() -> Requester {
        let number = geteuid()
        let name = getpwuid(number).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
        return Requester(kind: .user, name: name ?? String(number), origin: "local")
    }

    static func token(_ name: String, from peer: String) -> Requester {
        Requester(kind: .token, name: name, origin: peer)
    }

    static func page(from peer: String) -> Requester { Requester(kind: .page, name: "", origin: peer) }

    static func stranger(from peer: String) -> Requester { Requester(kind: .stranger, name: "", origin: peer) }

    /// The requester as the audit log has it: `user root`, `token grafana`, `stranger`.
    var who: String { name.isEmpty ? kind.rawValue : "\(kind.rawValue) \(name)" }
}
