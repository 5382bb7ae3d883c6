import Crypto
public import Foundation

extension SecureAggregationServer {
    /// Takes a message of a worker; a masked vector goes to ``fold(_:chunk:)`` instead.
    ///
    /// A repeated message changes nothing.
    ///
    /// - Returns: Whose message it was.
    /// - Throws: ``PrivacyError``; the round goes on as if the message had not come.
    @discardableResult
    public mutating func receive(_ message: Data) throws -> WorkerIdentity {
        switch MessageHeader.kind(of: message) {
        case .advertisement: return try receive(advertisement: message)
        case .opening: return try receive(opening: message)
        case .shares: return try receive(shares: message)
        case .consent: return try receive(consent: message)
        case .reveal: return try receive(reveal: message)
        default:
            throw PrivacyError(.malformed, "a message of \(message.count) bytes is none that a worker sends here")
        }
    }

    /// Leaves a worker out of the list of keys before the list is closed; later it changes nothing.
    public mutating func leaveOut(_ worker: WorkerIdentity) {
        if stage == .keys { advertisements[worker] = nil }
    }

    /// The stage that a message of the coordinator asks an answer for; nil where it is none.
    public static func stage(of message: Data) -> Stage? {
        switch MessageHeader.kind(of: message) {
        case .roster: isLarge(roster: message) ? .openings : .shares
        case .openings: .shares
        case .delivery: .inputs
        case .survivors: .consents
        case .unmasking: .reveals
        default: nil
        }
    }

    private static func isLarge(roster message: Data) -> Bool {
        var reader = MessageReader(message.dropFirst(MessageHeader.byteCount), of: MessageKind.roster.name)
        return (try? reader.integer(UInt32.self)).map { $0 > SecureAggregationConfiguration.completeWorkers } ?? false
    }

    /// Whose message this says it is; only the round tells whether that is true.
    ///
    /// - Throws: ``PrivacyError/Code/malformed`` for what cannot be a worker's message.
    public static func sender(of message: Data) throws -> WorkerIdentity {
        let name = message.dropFirst(MessageHeader.byteCount).prefix(WorkerIdentity.byteCount)
        switch MessageHeader.kind(of: message) {
        case .advertisement, .opening, .shares, .maskedInput, .consent, .reveal:
            return try WorkerIdentity(bytes: Data(name))
        default: throw PrivacyError(.malformed, "\(message.count) bytes are no message of a worker")
        }
    }

    private mutating func receive(advertisement bytes: Data) throws -> WorkerIdentity {
        let message = try SignedMessage(bytes, as: .advertisement, round: configuration.round)
        guard stage == .keys else {
            // A worker whose reply was lost asks again; the list of keys is its answer.
            guard advertisements[message.sender] == message else {
                throw PrivacyError(.wrongStage, "the keys of worker \(message.sender) came after the list was closed")
            }
            return message.sender
        }
        let keys = try Roster.keys(
            of: message, in: MessageScope(context: configuration.digest), trusted: trusted)
        try checkAgreement(keys, of: message.sender)
        if let earlier = advertisements[message.sender], earlier.body != message.body {
            throw PrivacyError(.conflict, "worker \(message.sender) advertised two different sets of keys")
        }
        guard advertisements[message.sender] != nil || advertisements.count < configuration.mostWorkers else {
            throw PrivacyError(
                .overflow, "\(configuration.mostWorkers) workers, the most that fit a sum, are in this round already")
        }
        if advertisements[message.sender] == nil { advertisements[message.sender] = message }
        return message.sender
    }

    /// A key of small order would make every neighbour leave the round, so it is refused at the door.
    private func checkAgreement(_ keys: Advertisement, of sender: WorkerIdentity) throws {
        let trial = Curve25519.KeyAgreement.PrivateKey()
        _ = try trial.agreement(with: keys.sharesKey, of: sender)
        _ = try trial.agreement(with: keys.maskingKey, of: sender)
    }

    private mutating func receive(opening bytes: Data) throws -> WorkerIdentity {
        let session = try open(.opening, .openings)
        let (message, place) = try signed(bytes, .opening, session)
        try evidence(against: message.sender) { try GraphOpening.check(message, at: place, session.roster) }
        self.session?.graphOpenings[place] = message
        return message.sender
    }

    private mutating func receive(shares bytes: Data) throws -> WorkerIdentity {
        let session = try open(.shares, .shares)
        let (message, place) = try signed(bytes, .shares, session)
        let expected = session.roster.graph.neighbours(of: place).count * SealedShares.byteCount
        guard message.body.count == expected else {
            throw PrivacyError(
                .malformed,
                "the shares of worker \(message.sender) have \(message.body.count) bytes; \(expected) were expected",
                culprits: [message.sender])
        }
        if let earlier = session.shares[place], earlier != message.body {
            throw PrivacyError(
                .conflict, "worker \(message.sender) sent two different sets of shares", culprits: [message.sender])
        }
        self.session?.shares[place] = message.body
        return message.sender
    }

    private mutating func receive(consent bytes: Data) throws -> WorkerIdentity {
        let session = try open(.consent, .consents)
        let (message, place) = try signed(bytes, .consent, session)
        guard session.survivors.contains(place), message.body == session.survivors.bytes else {
            throw PrivacyError(
                .conflict, "worker \(message.sender) signed other survivors than there are", culprits: [message.sender])
        }
        self.session?.consents[place] = message.signature
        return message.sender
    }

    private mutating func receive(reveal bytes: Data) throws -> WorkerIdentity {
        let session = try open(.reveal, .reveals)
        let (message, place) = try signed(bytes, .reveal, session)
        guard session.consents[place] != nil else {
            throw PrivacyError(.wrongStage, "worker \(message.sender) gave shares and had not signed the survivors")
        }
        if session.revealed.contains(place) { return message.sender }
        let reveal = try evidence(against: message.sender) { try session.checked(message.body, from: place) }
        self.session?.take(reveal, from: place)
        return message.sender
    }

    /// A check of what a worker signed for this very list of keys: an honest one passes it, so a failure is evidence.
    func evidence<Result>(against worker: WorkerIdentity, _ check: () throws -> Result) throws -> Result {
        do {
            return try check()
        } catch let error as PrivacyError {
            throw error.blaming(worker)
        }
    }

    /// A message of a worker of the list under its signature, and the worker's number.
    func signed(
        _ bytes: Data, _ kind: MessageKind, _ session: ServerSession
    ) throws -> (message: SignedMessage, place: Int) {
        let message = try SignedMessage(bytes, as: kind, round: configuration.round)
        guard let place = session.roster.place(of: message.sender), session.expected(stage).contains(place) else {
            throw PrivacyError(.untrusted, "\(kind.name) \(message.sender) came, which is not waited for in this stage")
        }
        try message.verify(in: session.roster.scope)
        return (message, place)
    }
}
