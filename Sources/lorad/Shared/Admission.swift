import Federation
import Foundation
import Synchronization
import Tensors
import Transports

/// Whom a run's coordinator lets in: its key, the join token, and the workers enrolled so far, in files of mode 600.
final class Admission: Sendable {
    /// The coordinator's key.
    let identity: IdentityKey
    /// What admits a new worker.
    let token: JoinToken
    private let enrolment: Mutex<Enrolment>
    private let file: String
    /// Held while the file is written, so that an older state does not replace a newer one.
    private let saving = Mutex(())

    /// Opens or creates the files in a run's folder.
    ///
    /// - Parameters:
    ///   - listed: a file with the keys of those that may come, one a line; nil admits whoever brings the token.
    ///   - lifetime: how long a new token admits workers.
    init(folder: URL, listed: String?, lifetime: TimeInterval, now: Date = Date()) throws {
        identity = try IdentityKey(loadingOrCreating: folder.appending(path: "keys/coordinator.key").path)
        file = folder.appending(path: "keys/enrolment.json").path
        var enrolment = Enrolment()
        if let listed {
            let list = try String(contentsOf: URL(filePath: listed), encoding: .utf8)
            enrolment = try Enrolment(list: list, file: listed, now: now)
        } else if let data = FileManager.default.contents(atPath: file) {
            do {
                enrolment = try JSONDecoder().decode(Enrolment.self, from: data)
            } catch {
                throw CommandError(
                    "\(file) cannot be read: restore it, or delete it to let workers join anew with a token")
            }
        }
        token = try Self.token(folder, &enrolment, now, lifetime)
        self.enrolment = Mutex(enrolment)
        try save()
    }

    /// The token of an earlier start while it is good, or a new one.
    private static func token(
        _ folder: URL, _ enrolment: inout Enrolment, _ now: Date, _ lifetime: TimeInterval
    ) throws -> JoinToken {
        let path = folder.appending(path: "keys/join-token").path
        enrolment.dropSpentTokens(now: now)
        if let text = FileManager.default.contents(atPath: path).map({ String(decoding: $0, as: UTF8.self) }),
            let token = try? JoinToken(text: text), enrolment.tokens.contains(where: { $0.digest == token.digest })
        {
            return token
        }
        let token = JoinToken()
        enrolment.dropTokens()  // a file that was deleted takes its token with it
        enrolment.add(token, expires: now + lifetime, uses: nil)
        try AtomicFile.write(Data(token.text.utf8), to: path, permissions: 0o600)
        return token
    }

    /// Decides about a worker that shakes hands.
    func authorize(_ request: HelloRequest) throws(Refusal) -> Data {
        var isNew = false
        let result = enrolment.withLock { enrolment -> Result<Void, Refusal> in
            do throws(Refusal) {
                isNew = try enrolment.admit(request.identity, token: request.token, now: Date()) == .enrolled
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        if isNew, (try? save()) == nil {
            throw Refusal(.other, "the coordinator cannot write its list of workers")
        }
        return Data()
    }

    /// Keeps a worker out from now on.
    func revoke(_ worker: WorkerID) throws {
        enrolment.withLock { $0.revoke(worker, now: Date()) }
        try save()
    }

    /// The key of a worker that was let in.
    func publicKey(of worker: WorkerID) -> PublicIdentity? { enrolment.withLock { $0.members[worker]?.key } }

    /// When the token ceases to admit new workers; nil for never, and where only listed keys are admitted.
    var tokenExpiry: Date? {
        enrolment.withLock { enrolment in
            enrolment.policy == .listed ? nil : enrolment.tokens.first { $0.digest == token.digest }?.expires
        }
    }

    private func save() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try saving.withLock { _ in
            try AtomicFile.write(try encoder.encode(enrolment.withLock { $0 }), to: file, permissions: 0o600)
        }
    }
}
