public import Foundation

/// Who may work for a coordinator: tokens that admit new workers, the keys enrolled so far, and those revoked.
///
/// A value without clock or disk: `admit` is given the time, and the whole is `Codable`. The first hello of a key needs a
/// token; the key is then enrolled and comes again without one. Under `Policy.listed` tokens count for nothing and only
/// keys that were enrolled by hand are let in. A revoked key stays out, whatever it brings.
public struct Enrolment: Codable, Equatable, Sendable {
    /// How new workers come in.
    public enum Policy: String, Codable, Sendable {
        /// With a token.
        case tokens
        /// Not at all: only keys enrolled by hand.
        case listed
    }

    /// A token as it is stored.
    public struct Token: Codable, Equatable, Sendable {
        /// SHA-256 of the secret.
        public let digest: Data
        /// When it stops admitting; nil for never.
        public let expires: Date?
        /// How many new workers it still admits; nil for any number.
        public fileprivate(set) var uses: Int?
        /// Who asked for it; `nil` for the one that the coordinator makes by itself.
        public let issuer: String?
    }

    /// An enrolled worker.
    public struct Member: Codable, Equatable, Sendable {
        /// Its key.
        public let key: PublicIdentity
        /// When it was enrolled.
        public let since: Date
    }

    /// What `admit` did.
    public enum Admission: Sendable, Equatable {
        /// The key was enrolled before; nothing changed.
        case returning
        /// The key was enrolled now: the new state is to be stored before the worker is told.
        case enrolled
    }

    /// How new workers come in; what was stored with another policy can be gone on with under this one.
    public var policy: Policy
    /// The most workers that may be enrolled, so that a reusable token cannot fill the disk.
    public let memberLimit: Int
    /// The tokens that were made.
    public private(set) var tokens: [Token] = []
    /// The workers that may come.
    public private(set) var members: [WorkerID: Member] = [:]
    /// The keys that may not come, and since when.
    public private(set) var revoked: [WorkerID: Date] = [:]

    /// Creates an enrolment without tokens and members.
    public init(policy: Policy = .tokens, memberLimit: Int = 10_000) {
        self.policy = policy
        self.memberLimit = memberLimit
    }

    /// Lets a new token admit workers until `expires` (nil: for ever), `uses` of them (nil: any number).
    public mutating func add(_ token: JoinToken, expires: Date?, uses: Int? = 1, issuer: String? = nil) {
        tokens.append(Token(digest: token.digest, expires: expires, uses: uses.map { max(0, $0) }, issuer: issuer))
    }

    /// Forgets all tokens: new workers need another one.
    public mutating func dropTokens() { tokens.removeAll() }

    /// Forgets the tokens that nobody asked for.
    public mutating func dropOwnTokens() { tokens.removeAll { $0.issuer == nil } }

    /// Forgets tokens that admit nobody any more.
    public mutating func dropSpentTokens(now: Date) {
        tokens.removeAll { token in token.uses == 0 || token.expires.map { $0 <= now } ?? false }
    }

    /// Enrols a key by hand; a revocation of it ends.
    public mutating func enrol(_ key: PublicIdentity, now: Date) {
        revoked[key.fingerprint] = nil
        members[key.fingerprint] = Member(key: key, since: members[key.fingerprint]?.since ?? now)
    }

    /// Keeps a key out from now on, also one that was never seen.
    ///
    /// Its live sessions end with `SessionTable.closeSessions(of:)`.
    public mutating func revoke(_ worker: WorkerID, now: Date) {
        members[worker] = nil
        revoked[worker] = revoked[worker] ?? now
    }

    /// Lets a key in, or says why not.
    ///
    /// - Throws: the refusal to send to the worker.
    public mutating func admit(_ key: PublicIdentity, token: JoinToken?, now: Date) throws(Refusal) -> Admission {
        let worker = key.fingerprint
        guard revoked[worker] == nil else {
            throw Refusal(.revoked, "its key \(worker) was revoked; ask whoever runs the coordinator")
        }
        guard members[worker] == nil else { return .returning }
        guard policy == .tokens else {
            throw Refusal(
                .notListed, "only listed keys are admitted; give \(key.text) to whoever runs the coordinator")
        }
        try spend(token, now: now)
        members[worker] = Member(key: key, since: now)
        return .enrolled
    }

    private mutating func spend(_ token: JoinToken?, now: Date) throws(Refusal) {
        guard let token else {
            throw Refusal(
                .tokenMissing, "its key is not enrolled and its join line has no token=…; get a new join line")
        }
        guard let index = index(of: token) else {
            throw Refusal(.tokenUnknown, "its join token is none of this coordinator's; get a new join line")
        }
        if let expires = tokens[index].expires, expires <= now {
            throw Refusal(.tokenExpired, "its join token has expired; get a new join line")
        }
        guard tokens[index].uses != 0 else {
            throw Refusal(.tokenUsedUp, "its join token was used already; get a new join line")
        }
        guard members.count < memberLimit else {
            throw Refusal(.full, "\(members.count) workers are enrolled, which is the limit")
        }
        tokens[index].uses = tokens[index].uses.map { $0 - 1 }
    }

    /// Looks at every token, so that the time tells nothing of which one matched.
    private func index(of token: JoinToken) -> Int? {
        var found: Int?
        for (index, stored) in tokens.enumerated() where token.matches(stored.digest) { found = index }
        return found
    }
}
