import Crypto
import Foundation

/// A secret of 256 random bits that tells who may look at a run, or act on it.
struct AccessToken: Sendable {
    /// What its holder sends as `Authorization: Bearer …`; the prefix lets scanners of repositories find one.
    let text: String

    static let prefix = "lorad_"

    /// Makes a new token from the system's randomness.
    init() {
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let characters = secret.base64EncodedString().filter { $0 != "=" }
        text = Self.prefix + characters.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// What is stored of it: SHA-256, 32 bytes.
    var digest: Data { Data(Self.hash(text)) }

    static func hash(_ text: String) -> SHA256Digest { SHA256.hash(data: Data("lorad access token\n\(text)".utf8)) }
}

/// A token as it is stored: whose it is and what it permits, but not the token itself.
struct AccessTokenRecord: Codable, Equatable, Sendable {
    /// What people call it; no two tokens ever have the same name, so the audit log is unambiguous.
    let name: String
    let role: AccessRole
    /// SHA-256 of the token.
    let digest: Data
    let created: Date
    /// When it stops working; `nil` for never.
    let expires: Date?
    /// When it was revoked.
    var revoked: Date?

    init(_ token: AccessToken, name: String, role: AccessRole, created: Date, expires: Date?) {
        (self.name, self.role, self.created, self.expires) = (name, role, created, expires)
        digest = token.digest
    }

    /// Whether it works at a time.
    func isValid(at now: Date) -> Bool { revoked == nil && expires.map { now < $0 } ?? true }

    /// `valid`, `expired` or `revoked`.
    func state(at now: Date) -> String { revoked != nil ? "revoked" : isValid(at: now) ? "valid" : "expired" }
}
