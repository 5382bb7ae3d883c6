import Crypto
import Foundation

/// The access tokens of a state folder.
struct AccessTokens: Codable, Equatable, Sendable {
    /// Every token that was ever made, oldest first; revoked and expired ones stay.
    private(set) var records: [AccessTokenRecord] = []

    /// Why a token admits nobody.
    enum Refusal: Error, Equatable {
        case unknown
        case expired(String)
        case revoked(String)
    }

    /// The most tokens, so that looking one up stays cheap.
    static let limit = 1_000

    /// Adds a token.
    ///
    /// - Throws: `CommandError` for a name that cannot be one, or that a token has or had.
    mutating func add(_ record: AccessTokenRecord) throws {
        try Self.checkName(record.name)
        if let other = records.first(where: { $0.name == record.name }) {
            let state = other.revoked == nil ? "exists" : "was revoked"
            throw CommandError(
                "a token named \(record.name) \(state): choose another name, so that the audit log stays unambiguous")
        }
        guard records.count < Self.limit else {
            throw CommandError("there are \(records.count) tokens, which is the limit: use a new state folder")
        }
        records.append(record)
    }

    /// Revokes a token for good.
    ///
    /// - Throws: `CommandError` that names the tokens if there is none of that name.
    mutating func revoke(_ name: String, now: Date) throws {
        guard let index = records.firstIndex(where: { $0.name == name }) else {
            let names = records.map(\.name).joined(separator: ", ")
            throw CommandError(
                "there is no token \(name.debugDescription)" + (names.isEmpty ? "" : "; known tokens: \(names)"))
        }
        records[index].revoked = records[index].revoked ?? now
    }

    /// The record of a token.
    ///
    /// Compares every digest in constant time, so the time does not reveal which one matched.
    ///
    /// - Throws: the reason why it is refused.
    func holder(of text: String, now: Date) throws(Refusal) -> AccessTokenRecord {
        let hash = AccessToken.hash(text)
        var found: AccessTokenRecord?
        for record in records where hash == record.digest { found = record }
        guard let found else { throw .unknown }
        guard found.revoked == nil else { throw .revoked(found.name) }
        guard found.isValid(at: now) else { throw .expired(found.name) }
        return found
    }

    private static func checkName(_ name: String) throws {
        let allowed = name.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
        }
        guard allowed, (1...64).contains(name.utf8.count), !name.hasPrefix("-") else {
            throw CommandError(
                "\(name.debugDescription) is not a valid token name: use up to 64 letters, digits, '-', '_' and '.'")
        }
    }
}
