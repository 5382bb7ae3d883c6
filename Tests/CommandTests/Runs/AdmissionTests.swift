import Foundation
import Testing
import Transports

@testable import lorad

@Suite("Whom a coordinator lets in")
struct AdmissionTests {
    private let folder: TemporaryFolder
    private let worker = IdentityKey().publicIdentity

    init() throws { folder = try TemporaryFolder() }

    private func open(now: Date = Date()) throws -> Admission {
        try Admission(folder: URL(filePath: folder.path), listed: nil, lifetime: 60, now: now)
    }

    private func refusal(_ admission: Admission, _ token: JoinToken?) -> Refusal.Code? {
        do throws(Refusal) {
            _ = try admission.authorize(HelloRequest(identity: worker, token: token, payload: Data()))
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

    @Test("keeps its secrets to itself")
    func permissions() throws {
        _ = try open()
        for name in ["coordinator.key", "join-token", "enrolment.json"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/keys/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }
}
