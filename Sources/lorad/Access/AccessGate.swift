import Foundation
import Models

/// Decides who may look at a run over HTTP, and who may act on it.
final class AccessGate: Sendable {
    /// Who asks, and whether that is enough.
    enum Decision: Equatable {
        case admitted(Requester)
        /// Nothing was shown that admits anybody.
        case unauthorized(String)
        /// The token is good, but not for this.
        case forbidden(String, Requester)
    }

    private let file: AccessTokenFile
    let rule: TokenRule
    private let now: @Sendable () -> Date
    /// Told of every attempt that was refused.
    private let refused: @Sendable (RefusedAttempt) -> Void

    /// - Parameters:
    ///   - file: the tokens.
    ///   - rule: when viewing requires a token.
    ///   - refused: called for every refused attempt.
    init(
        _ file: AccessTokenFile, rule: TokenRule, now: @escaping @Sendable () -> Date = { Date() },
        refused: @escaping @Sendable (RefusedAttempt) -> Void = { _ in }
    ) {
        (self.file, self.rule, self.now, self.refused) = (file, rule, now, refused)
    }

    /// Decides about a request.
    ///
    /// - Parameters:
    ///   - what: the request, as the audit log names it.
    ///   - authorization: the request's `Authorization`, if it has one.
    ///   - peer: the address of the client.
    ///   - key: the page's key, which lets anyone view the page who opened the address that the coordinator printed.
    func decide(
        _ role: AccessRole, for what: String, authorization: String?, from peer: String, key: PageKey? = nil
    ) -> Decision {
        let decision = decision(role, authorization, peer, key)
        switch decision {
        case .admitted: break
        case .unauthorized(let reason):
            refused(RefusedAttempt(requester: .stranger(from: peer), what: what, reason: reason))
        case .forbidden(let reason, let requester):
            refused(RefusedAttempt(requester: requester, what: what, reason: reason))
        }
        return decision
    }

    private func decision(_ role: AccessRole, _ authorization: String?, _ peer: String, _ key: PageKey?) -> Decision {
        guard let text = Self.token(in: authorization) else {
            return .unauthorized(
                "an access token is required: send Authorization: Bearer TOKEN (lorad runs token creates one)")
        }
        if role == .look, let key, key.admits("Bearer \(text)") { return .admitted(.page(from: peer)) }
        do {
            let record = try file.tokens().holder(of: text, now: now())
            let requester = Requester.token(record.name, from: peer)
            guard record.role.includes(role) else {
                return .forbidden(
                    "token \(record.name) has the role \(record.role.rawValue); this requires \(role.rawValue)",
                    requester)
            }
            return .admitted(requester)
        } catch let refusal as AccessTokens.Refusal {
            return .unauthorized(Self.words(refusal))
        } catch {
            return .unauthorized("the coordinator cannot read its tokens, so it accepts none: see its log")
        }
    }

    private static func words(_ refusal: AccessTokens.Refusal) -> String {
        switch refusal {
        case .unknown: "this coordinator does not know the token"
        case .expired(let name): "token \(name) has expired: create another with lorad runs token"
        case .revoked(let name): "token \(name) was revoked"
        }
    }

    /// The token of a header; the scheme's case does not matter (RFC 9110).
    private static func token(in authorization: String?) -> String? {
        guard let authorization, authorization.utf8.count <= 1_024 else { return nil }
        let words = authorization.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }
}

/// An attempt to look or act that was refused.
struct RefusedAttempt: Equatable, Sendable {
    let requester: Requester
    /// What was asked for: a path, or an action.
    let what: String
    let reason: String
}
