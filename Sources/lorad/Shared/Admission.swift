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

    private struct State {
        /// Whoever was let in so far, as the file has it.
        var enrolment: Enrolment
        /// This start's list of those that may come; nil where a token admits.
        var list: Enrolment?
    }

    private let state: Mutex<State>
    private let file: String

    /// Opens or creates the files in a run's folder.
    ///
    /// A list is of this start only. The workers on it are enrolled; those that were enrolled before stay so, but come again
    /// only where there is no list, or they are on it.
    ///
    /// - Parameters:
    ///   - listed: a file with the keys of those that may come, one a line; nil admits whoever brings the token.
    ///   - lifetime: how long a new token admits workers.
    /// - Throws: `CommandError` for an enrolment that cannot be read, `TransportError` for keys, `TensorError` where a file
    ///   cannot be written.
    init(folder: URL, listed: String?, lifetime: TimeInterval, now: Date = Date()) throws {
        identity = try IdentityKey(loadingOrCreating: folder.appending(path: "keys/coordinator.key").path)
        file = folder.appending(path: "keys/enrolment.json").path
        var enrolment = try Self.enrolment(file)
        var list: Enrolment?
        if let listed { list = try Self.list(listed, &enrolment, now) }
        token = try Self.token(folder, &enrolment, now, lifetime)
        state = Mutex(State(enrolment: enrolment, list: list))
        try Self.save(enrolment, to: file)
    }

    private static func enrolment(_ file: String) throws -> Enrolment {
        guard let data = FileManager.default.contents(atPath: file) else { return Enrolment() }
        do {
            var enrolment = try JSONDecoder().decode(Enrolment.self, from: data)
            enrolment.policy = .tokens  // a list is of the start that it is given to
            return enrolment
        } catch {
            throw CommandError(
                "\(file) cannot be read: restore it, or delete it to let workers join anew with a token")
        }
    }

    /// The list in a file, less the keys that were revoked; the others are enrolled.
    private static func list(_ file: String, _ enrolment: inout Enrolment, _ now: Date) throws -> Enrolment {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
        } catch {
            throw CommandError(
                "\(file) cannot be read: \(SystemReason.of(error)); --keys names a file of keys, one a line")
        }
        var list = try Enrolment(list: text, file: file, now: now)
        for worker in enrolment.revoked.keys { list.revoke(worker, now: now) }
        for member in list.members.values { enrolment.enrol(member.key, now: now) }
        return list
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
    ///
    /// - Throws: the refusal to send to it.
    func authorize(_ request: HelloRequest) throws(Refusal) -> Data {
        let result = state.withLock { state -> Result<Void, Refusal> in
            do throws(Refusal) {
                try admit(request, &state)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return Data()
    }

    /// A new worker is on the disk before it is let in; one that cannot be is none, also when it asks again.
    private func admit(_ request: HelloRequest, _ state: inout State) throws(Refusal) {
        if var list = state.list {
            _ = try list.admit(request.identity, token: request.token, now: Date())
            return
        }
        let admission = try state.enrolment.admit(request.identity, token: request.token, now: Date())
        guard admission == .enrolled, (try? Self.save(state.enrolment, to: file)) == nil else { return }
        state.enrolment.withdraw(request.identity.fingerprint)
        throw Refusal(.other, "the coordinator cannot write its list of workers")
    }

    /// Keeps a worker out from now on.
    ///
    /// - Throws: `TensorError` where that cannot be written; it is kept out until the coordinator's end all the same.
    func revoke(_ worker: WorkerID) throws {
        try state.withLock { state in
            state.list?.revoke(worker, now: Date())
            state.enrolment.revoke(worker, now: Date())
            try Self.save(state.enrolment, to: file)
        }
    }

    /// The key of a worker that was let in.
    func publicKey(of worker: WorkerID) -> PublicIdentity? { state.withLock { $0.enrolment.members[worker]?.key } }

    /// When the token ceases to admit new workers; nil for never, and where only listed keys are admitted.
    var tokenExpiry: Date? {
        state.withLock { state in
            state.list == nil ? state.enrolment.tokens.first { $0.digest == token.digest }?.expires : nil
        }
    }

    private static func save(_ enrolment: Enrolment, to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try AtomicFile.write(try encoder.encode(enrolment), to: file, permissions: 0o600)
    }
}
