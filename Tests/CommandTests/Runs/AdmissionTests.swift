import Foundation
import Synchronization
import Testing
import Transports

@testable import lorad

@Suite("Whom a coordinator lets in")
struct AdmissionTests {
    private let folder: TemporaryFolder
    private let worker = IdentityKey().publicIdentity

    init() throws { folder = try TemporaryFolder() }

    private func open(now: Date = Date(), listed: String? = nil, uses: Int? = nil) throws -> Admission {
        try Admission(
            folder: URL(filePath: folder.path), listed: listed, rules: .init(lifetime: 60, uses: uses), now: now)
    }

    private func refusal(
        _ admission: Admission, _ token: JoinToken?, of key: PublicIdentity? = nil
    ) -> Refusal.Code? {
        do throws(Refusal) {
            _ = try admission.authorize(HelloRequest(identity: key ?? worker, token: token, payload: Data()))
            return nil
        } catch {
            return error.code
        }
    }

    @Test("keeps its key and its token over a restart, and knows who was let in")
    func restart() throws {
        let first = try open()
        #expect(refusal(first, first.token) == nil)
        let second = try open()
        #expect(second.identity.publicIdentity == first.identity.publicIdentity)
        #expect(second.token.text == first.token.text && second.tokenExpiry != nil)
        #expect(refusal(second, nil) == nil && second.publicKey(of: worker.fingerprint) == worker)
    }

    @Test("says in the system's words why a list of keys cannot be read")
    func unreadableList() throws {
        let error = #expect(throws: CommandError.self) { try open(listed: folder.path) }
        let text = error?.description ?? ""
        #expect(text.contains("cannot be read: ") && !text.contains("Error Domain"), "\(text)")
    }

    @Test("takes another token once the first has expired or its file was deleted; the first admits nobody then")
    func renewal() throws {
        let first = try open()
        let expired = try open(now: Date(timeIntervalSinceNow: 61))
        #expect(expired.token.text != first.token.text && refusal(expired, first.token) == .tokenUnknown)
        try FileManager.default.removeItem(atPath: "\(folder.path)/keys/join-token")
        let second = try open()
        #expect(second.token.text != expired.token.text)
        #expect(refusal(second, expired.token) == .tokenUnknown && refusal(second, second.token) == nil)
    }

    @Test("lets a revoked worker in with no token, also after a restart")
    func revocation() throws {
        let first = try open()
        #expect(refusal(first, first.token) == nil)
        try first.revoke(worker.fingerprint)
        #expect(refusal(first, first.token) == .revoked)
        #expect(refusal(try open(), first.token) == .revoked)
    }

    @Test("admits as many workers with a token as it may, then makes another one and tells of it", arguments: [1, 3])
    func uses(limit: Int) throws {
        let admission = try open(uses: limit)
        let told = Mutex<[Admission.Renewal]>([])
        admission.tellRenewals { renewal in told.withLock { $0.append(renewal) } }
        let token = admission.token
        for _ in 0..<limit {
            #expect(told.withLock(\.self).isEmpty && admission.token.text == token.text)
            #expect(refusal(admission, token, of: IdentityKey().publicIdentity) == nil)
        }
        #expect(told.withLock(\.self) == [.usedUp] && admission.token.text != token.text)
        #expect(refusal(admission, token) == .tokenUsedUp)
        #expect(refusal(try open(uses: limit), token) == .tokenUnknown)
        #expect(admission.tokenUses == limit && refusal(admission, admission.token) == nil)
    }

    @Test("lets a worker come again with the token that it used up")
    func returning() throws {
        let admission = try open(uses: 1)
        let token = admission.token
        #expect(refusal(admission, token) == nil && refusal(admission, token) == nil)
        #expect(try refusal(open(uses: 1), token) == nil)
    }

    @Test("makes the token void that a revoked worker may have passed on, once, and after a restart too")
    func revocationOfTokens() throws {
        let admission = try open()
        let told = Mutex<[Admission.Renewal]>([])
        admission.tellRenewals { renewal in told.withLock { $0.append(renewal) } }
        let token = admission.token
        #expect(refusal(admission, token) == nil)
        try admission.revoke(worker.fingerprint)
        #expect(refusal(admission, token, of: IdentityKey().publicIdentity) == .tokenUnknown)
        let next = admission.token
        try admission.revoke(worker.fingerprint)
        #expect(told.withLock(\.self) == [.revocation(worker.fingerprint)] && admission.token.text == next.text)
        let second = try open()
        #expect(second.token.text == next.text)
        #expect(refusal(second, token, of: IdentityKey().publicIdentity) == .tokenUnknown)
    }

    @Test("does not go on with a token that admits more workers than a start allows")
    func fewerUses() throws {
        let unlimited = try open().token
        let limited = try open(uses: 2).token
        #expect(limited.text != unlimited.text)
        #expect(try open(uses: 2).token.text == limited.text && open(uses: 3).token.text == limited.text)
        #expect(try refusal(open(uses: 1), limited, of: IdentityKey().publicIdentity) == .tokenUnknown)
    }

    @Test("gives a use of the token back where the worker could not be noted")
    func unwritableUse() throws {
        let admission = try open(uses: 1)
        let token = admission.token
        let file = "\(folder.path)/keys/enrolment.json"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        #expect(refusal(admission, token) == .other && admission.token.text == token.text)
        try FileManager.default.removeItem(atPath: file)
        #expect(refusal(admission, token) == nil && admission.token.text != token.text)
    }

    @Test("takes further tokens beside its own, also after a restart, until they are used up or a worker is revoked")
    func furtherTokens() throws {
        let admission = try open(uses: 1)
        let own = admission.token
        let (token, _) = try admission.addToken(uses: 2, lifetime: nil, issuer: "token alice")
        #expect(admission.token.text == own.text && admission.tokenUses == 1)
        #expect(refusal(admission, token, of: IdentityKey().publicIdentity) == nil)
        // A later start, for which the coordinator's own token has expired.
        let (late, _) = try admission.addToken(uses: 1, lifetime: 600, issuer: "user ann")
        let second = try open(now: Date(timeIntervalSinceNow: 61), uses: 1)
        #expect(
            second.token.text != own.text && refusal(second, own, of: IdentityKey().publicIdentity) == .tokenUnknown)
        #expect(refusal(second, token, of: IdentityKey().publicIdentity) == .tokenUnknown, "it has expired")
        #expect(refusal(second, late, of: IdentityKey().publicIdentity) == nil)
        #expect(refusal(second, late, of: IdentityKey().publicIdentity) == .tokenUsedUp)
        #expect(second.tokenUses == 1, "its own token is as it was")
        let (other, _) = try second.addToken(uses: nil, lifetime: nil, issuer: "user ann")
        #expect(refusal(second, other, of: worker) == nil)
        try second.revoke(worker.fingerprint)
        #expect(refusal(second, other, of: IdentityKey().publicIdentity) == .tokenUnknown)
        let file = try folder.write("\(worker.text)\n", to: "keys.txt")
        #expect(throws: CommandError.self) {
            try open(listed: file).addToken(uses: 1, lifetime: nil, issuer: "user ann")
        }
    }

    @Test("is a list's matter for one start only; those that were enrolled before and after it stay so")
    func lists() throws {
        let (early, listed, late) = (worker, IdentityKey().publicIdentity, IdentityKey().publicIdentity)
        let first = try open()
        #expect(refusal(first, first.token, of: early) == nil)
        let file = try folder.write("\(listed.text) the one that may come\n", to: "keys.txt")
        let closed = try open(listed: file)
        #expect(closed.tokenExpiry == nil && refusal(closed, nil, of: listed) == nil)
        #expect(refusal(closed, closed.token, of: early) == .notListed)
        #expect(refusal(closed, closed.token, of: late) == .notListed)
        let third = try open()
        #expect(third.tokenExpiry != nil && refusal(third, third.token, of: late) == nil)
        #expect(refusal(third, nil, of: early) == nil && refusal(third, nil, of: listed) == nil)
        try third.revoke(listed.fingerprint)
        #expect(refusal(try open(listed: file), nil, of: listed) == .revoked)
    }

    @Test("does not let a worker in that it cannot note, also when it asks again")
    func unwritable() throws {
        let admission = try open()
        let file = "\(folder.path)/keys/enrolment.json"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        #expect(refusal(admission, admission.token) == .other)
        #expect(refusal(admission, admission.token) == .other)
        #expect(refusal(admission, nil) == .tokenMissing && admission.publicKey(of: worker.fingerprint) == nil)
        try FileManager.default.removeItem(atPath: file)
        #expect(try refusal(admission, admission.token) == nil && refusal(try open(), nil) == nil)
    }

    @Test("keeps its secrets to itself")
    func permissions() throws {
        _ = try open()
        for name in ["coordinator.key", "join-token", "enrolment.json"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/keys/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test("does not forget who was let in and who was revoked where their file cannot be read")
    func unreadableEnrolment() throws {
        _ = try open()
        let file = "\(folder.path)/keys/enrolment.json"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "\(folder.path)/nowhere")
        let error = #expect(throws: (any Error).self) { try open() }
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("\(file) cannot be read: "))
    }
}
