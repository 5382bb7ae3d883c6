import Federation
import Foundation
import Synchronization
import Tensors
import Transports

/// Whom a run's coordinator lets in: its key, the join token, and the workers enrolled so far, in files of mode 600.
final class Admission: Sendable {
    /// The coordinator's key.
    let identity: IdentityKey

    /// How new tokens are made.
    struct TokenRules {
        /// Seconds for which a token admits new workers.
        var lifetime: TimeInterval
        /// New workers that one token admits; `nil` for any number.
        var uses: Int?
    }

    /// Why a new token took the place of another.
    enum Renewal: Equatable {
        /// The earlier token has admitted all the workers that it may.
        case usedUp
        /// A worker was revoked, and may have passed the earlier token on.
        case revocation(WorkerID)
    }

    private struct State {
        /// All workers admitted so far, as in the file.
        var enrolment: Enrolment
        /// This start's list of those that may come; `nil` if a token admits.
        var list: Enrolment?
        /// What admits a new worker now.
        var token: JoinToken
        /// Told of each new token.
        var whenRenewed: (@Sendable (Renewal) -> Void)?

        /// The token as it is stored; `nil` where only listed keys are admitted.
        var storedToken: Enrolment.Token? {
            list == nil ? enrolment.tokens.first { $0.digest == token.digest } : nil
        }
    }

    private let state: Mutex<State>
    private let file: String
    private let tokenFile: String
    private let rules: TokenRules

    /// Opens or creates the files in a run's folder.
    ///
    /// A list is of this start only. The workers on it are enrolled; those that were enrolled before stay so, but come
    /// again only where there is no list, or they are on it.
    ///
    /// - Parameters:
    ///   - listed: a file with the keys of those that may come, one per line; nil admits whoever brings the token.
    ///   - rules: how new tokens are made.
    /// - Throws: `CommandError` for an enrolment that cannot be read, `TransportError` for keys, `TensorError` if a
    ///   file cannot be written.
    init(folder: URL, listed: String?, rules: TokenRules, now: Date = Date()) throws {
        self.rules = rules
        identity = try IdentityKey(loadingOrCreating: folder.appending(path: "keys/coordinator.key").path)
        file = folder.appending(path: "keys/enrolment.json").path
        var enrolment = try Self.enrolment(file)
        var list: Enrolment?
        if let listed { list = try Self.list(listed, &enrolment, now) }
        tokenFile = folder.appending(path: "keys/join-token").path
        let kept = Self.keptToken(tokenFile, &enrolment, rules, now)
        if kept == nil { enrolment.dropOwnTokens() }  // a file that was deleted takes its token with it
        let token = try kept ?? Self.makeToken(tokenFile, &enrolment, rules, now)
        state = Mutex(State(enrolment: enrolment, list: list, token: token))
        try Self.save(enrolment, to: file)
    }

    /// What admits a new worker now.
    var token: JoinToken { state.withLock { $0.token } }

    /// Sets what is told of every new token from now on: that the join line has changed, and why.
    func tellRenewals(to action: @escaping @Sendable (Renewal) -> Void) { state.withLock { $0.whenRenewed = action } }

    private static func enrolment(_ file: String) throws -> Enrolment {
        // The enrolment is saved over the file: one that cannot be read would be lost, with the keys that were revoked.
        guard let data = try BoundedFile.readIfPresent(file) else { return Enrolment() }
        do {
            var enrolment = try JSONDecoder().decode(Enrolment.self, from: data)
            enrolment.policy = .tokens  // a list is of the start that it is given to
            return enrolment
        } catch {
            throw CommandError(
                "\(file) cannot be read: restore it, or delete it to let workers join again with a token")
        }
    }

    /// The list in a file, less the keys that were revoked; the others are enrolled.
    private static func list(_ file: String, _ enrolment: inout Enrolment, _ now: Date) throws -> Enrolment {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
        } catch {
            throw CommandError(
                "\(file) cannot be read: \(SystemReason.of(error)); --keys names a file with one key per line")
        }
        var list = try Enrolment(list: text, file: file, now: now)
        for worker in enrolment.revoked.keys { list.revoke(worker, now: now) }
        for member in list.members.values { enrolment.enrol(member.key, now: now) }
        return list
    }

    /// The token of an earlier start, while it admits workers and no more of them than the rules allow.
    private static func keptToken(
        _ path: String, _ enrolment: inout Enrolment, _ rules: TokenRules, _ now: Date
    ) -> JoinToken? {
        enrolment.dropSpentTokens(now: now)
        guard let data = FileManager.default.contents(atPath: path),
            let token = try? JoinToken(text: String(decoding: data, as: UTF8.self)),
            let stored = enrolment.tokens.first(where: { $0.digest == token.digest })
        else { return nil }
        return stored.uses ?? .max <= rules.uses ?? .max ? token : nil
    }

    /// A new token; the enrolment is yet to be saved.
    private static func makeToken(
        _ path: String, _ enrolment: inout Enrolment, _ rules: TokenRules, _ now: Date
    ) throws -> JoinToken {
        let token = JoinToken()
        enrolment.add(token, expires: now + rules.lifetime, uses: rules.uses)
        try AtomicFile.write(Data(token.text.utf8), to: path, permissions: 0o600)
        return token
    }

    /// Decides about a worker that shakes hands.
    ///
    /// - Throws: the refusal to send to it.
    func authorize(_ request: HelloRequest) throws(Refusal) -> Data {
        let (result, news) = state.withLock { state -> (Result<Void, Refusal>, (() -> Void)?) in
            do throws(Refusal) {
                return (.success(()), try admit(request, &state))
            } catch {
                return (.failure(error), nil)
            }
        }
        news?()
        try result.get()
        return Data()
    }

    /// A new worker is written to disk before it is admitted. If writing fails, it is refused.
    ///
    /// - Returns: What tells of a new token, where this worker was the last that the earlier one admitted.
    private func admit(_ request: HelloRequest, _ state: inout State) throws(Refusal) -> (() -> Void)? {
        if var list = state.list {
            _ = try list.admit(request.identity, token: request.token, now: Date())
            return nil
        }
        let before = state
        let admission = try state.enrolment.admit(request.identity, token: request.token, now: Date())
        guard admission == .enrolled else { return nil }
        do {
            // A token that is used up stays known: who brings it is told so.
            let isUsedUp = state.storedToken?.uses == 0
            if isUsedUp { try renewToken(&state) } else { try Self.save(state.enrolment, to: file) }
            return isUsedUp ? telling(.usedUp, state) : nil
        } catch {
            state = before
            throw Refusal(.other, "the coordinator cannot write its list of workers")
        }
    }

    /// Replaces the token, in memory and on the disk.
    private func renewToken(_ state: inout State) throws {
        state.token = try Self.makeToken(tokenFile, &state.enrolment, rules, Date())
        try Self.save(state.enrolment, to: file)
    }

    /// Makes another token that admits new workers beside the present one.
    ///
    /// - Parameters:
    ///   - uses: new workers that it admits; `nil` for any number.
    ///   - lifetime: seconds until it expires; `nil` for as long as the coordinator's own.
    ///   - issuer: who asked for it.
    /// - Throws: `CommandError` where only listed keys are admitted, `TensorError` if it cannot be written.
    func addToken(
        uses: Int?, lifetime: TimeInterval?, issuer: String, now: Date = Date()
    ) throws -> (token: JoinToken, expires: Date) {
        try state.withLock { state in
            guard state.list == nil else {
                throw CommandError(
                    "only listed keys are admitted: add the worker's key to the file of --keys, and start again")
            }
            let (token, expires) = (JoinToken(), now + (lifetime ?? rules.lifetime))
            let before = state.enrolment
            state.enrolment.add(token, expires: expires, uses: uses, issuer: issuer)
            do {
                try Self.save(state.enrolment, to: file)
            } catch {
                state.enrolment = before
                throw error
            }
            return (token, expires)
        }
    }

    private func telling(_ renewal: Renewal, _ state: State) -> (() -> Void)? {
        state.whenRenewed.map { tell in { tell(renewal) } }
    }

    /// Keeps a worker out from now on, and makes the token void that it may have passed on.
    ///
    /// - Throws: `TensorError` if that cannot be written; it is kept out until the coordinator's end all the same.
    func revoke(_ worker: WorkerID) throws {
        let news = try state.withLock { state -> (() -> Void)? in
            state.list?.revoke(worker, now: Date())
            guard state.enrolment.revoked[worker] == nil else { return nil }
            state.enrolment.revoke(worker, now: Date())
            state.enrolment.dropTokens()
            try renewToken(&state)
            return state.list == nil ? telling(.revocation(worker), state) : nil
        }
        news?()
    }

    /// The key of an admitted worker.
    func publicKey(of worker: WorkerID) -> PublicIdentity? { state.withLock { $0.enrolment.members[worker]?.key } }

    /// When the token ceases to admit new workers; `nil` for never, and where only listed keys are admitted.
    var tokenExpiry: Date? { state.withLock { $0.storedToken?.expires } }

    /// How many new workers the token admits still; `nil` for any number, and where only listed keys are admitted.
    var tokenUses: Int? { state.withLock { $0.storedToken?.uses } }

    private static func save(_ enrolment: Enrolment, to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try AtomicFile.write(try encoder.encode(enrolment), to: file, permissions: 0o600)
    }
}
