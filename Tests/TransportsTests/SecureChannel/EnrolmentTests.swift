import Foundation
import Testing

@testable import Transports

@Suite("An enrolment")
struct EnrolmentTests {
    private let now = Date(timeIntervalSince1970: 1_000_000)
    private let key = IdentityKey().publicIdentity
    private let token = JoinToken()

    private func refusal(
        _ enrolment: inout Enrolment, _ key: PublicIdentity, _ token: JoinToken?, now: Date? = nil
    ) -> Refusal.Code? {
        do throws(Refusal) {
            _ = try enrolment.admit(key, token: token, now: now ?? self.now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("spends a use of a token for a new key only")
    func uses() throws {
        var enrolment = Enrolment()
        enrolment.add(token, expires: nil, uses: 2)
        #expect(try enrolment.admit(key, token: token, now: now) == .enrolled)
        #expect(try enrolment.admit(key, token: token, now: now) == .returning)
        #expect(enrolment.tokens.first?.uses == 1)
        #expect(enrolment.members[key.fingerprint]?.since == now)
    }

    @Test("lets nobody new in once its tokens are dropped, and those it knows")
    func dropping() throws {
        var enrolment = Enrolment()
        enrolment.add(token, expires: nil, uses: nil)
        #expect(try enrolment.admit(key, token: token, now: now) == .enrolled)
        enrolment.dropTokens()
        #expect(try enrolment.admit(key, token: token, now: now) == .returning)
        #expect(refusal(&enrolment, IdentityKey().publicIdentity, token) == .tokenUnknown)
    }

    @Test("takes a token until the moment it expires, and drops it then or when it is spent")
    func expiry() throws {
        var enrolment = Enrolment()
        let others = [JoinToken(), JoinToken()]
        enrolment.add(token, expires: now + 60, uses: nil)
        enrolment.add(others[0], expires: nil, uses: 0)
        enrolment.add(others[1], expires: nil, uses: nil)
        #expect(refusal(&enrolment, key, others[0]) == .tokenUsedUp)
        #expect(refusal(&enrolment, key, token, now: now + 60) == .tokenExpired)
        #expect(refusal(&enrolment, key, token, now: now + 59) == nil)
        enrolment.dropSpentTokens(now: now + 60)
        #expect(enrolment.tokens.map(\.digest) == [others[1].digest])
    }

    @Test("keeps a revoked key out until it is enrolled by hand, also one never seen")
    func revocation() {
        var enrolment = Enrolment()
        enrolment.add(token, expires: nil, uses: nil)
        enrolment.revoke(key.fingerprint, now: now)
        enrolment.revoke(key.fingerprint, now: now + 5)
        #expect(enrolment.revoked[key.fingerprint] == now)
        #expect(refusal(&enrolment, key, token) == .revoked)
        enrolment.enrol(key, now: now)
        #expect(refusal(&enrolment, key, nil) == nil)
        #expect(enrolment.revoked.isEmpty)
    }

    @Test("takes no more workers than its limit, and spends no use on one too many")
    func full() {
        var enrolment = Enrolment(memberLimit: 1)
        enrolment.add(token, expires: nil, uses: 5)
        #expect(refusal(&enrolment, key, token) == nil)
        #expect(refusal(&enrolment, IdentityKey().publicIdentity, token) == .full)
        #expect(enrolment.tokens.first?.uses == 4)
        #expect(refusal(&enrolment, key, nil) == nil)
    }

    @Test("is stored and read back as it was, without the token's secret")
    func storage() throws {
        var enrolment = Enrolment()
        enrolment.add(token, expires: now, uses: nil)
        enrolment.enrol(key, now: now)
        enrolment.revoke(IdentityKey().publicIdentity.fingerprint, now: now)
        let stored = try JSONEncoder().encode(enrolment)
        #expect(try JSONDecoder().decode(Enrolment.self, from: stored) == enrolment)
        let text = String(decoding: stored, as: UTF8.self)
        #expect(!text.contains(token.text) && !text.contains(token.secret.base64EncodedString()))
    }

    @Test("is read from a list of keys with remarks")
    func list() throws {
        let other = IdentityKey().publicIdentity
        let text = "# our sites\r\n\n  \(key.text)  clinic A\n\(other.text)# clinic B\n"
        var enrolment = try Enrolment(list: text, file: "keys.txt", now: now)
        #expect(Set(enrolment.members.keys) == [key.fingerprint, other.fingerprint])
        #expect(refusal(&enrolment, IdentityKey().publicIdentity, token) == .notListed)
    }

    @Test("names file and line of a list where there is no key")
    func badList() {
        let error = #expect(throws: TransportError.self) {
            try Enrolment(list: "# keys\n\(key.text)\n\(key.text.dropLast())\n", file: "keys.txt", now: now)
        }
        #expect(error?.code == .invalidKey)
        #expect(error?.message.hasPrefix("keys.txt, line 3: ") == true)
    }
}
