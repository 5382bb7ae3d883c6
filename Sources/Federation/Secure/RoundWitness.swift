import Crypto
public import Foundation
public import Privacy
public import Tensors

/// Work with a worker's own data that a coordinator ordered, by what the worker itself received.
public struct OrderedWork: Equatable, Sendable {
    /// The run's name.
    public let run: String
    /// The round, from 0.
    public let round: Int
    /// `RunBasis.digest`: the run file and the files that the result rests on.
    public let basis: Data
    /// SHA-256 of the state that the work starts from: names, shapes and numbers.
    public let state: Data
    /// SHA-256 of the work and of the files attached to it.
    public let order: Data
    /// The terms of secure aggregation; `nil` if the result is not masked.
    public let terms: MaskingTerms?

    /// Puts facts together.
    public init(run: String, round: Int, basis: Data, state: Data, order: Data, terms: MaskingTerms? = nil) {
        (self.run, self.round, self.basis) = (run, round, basis)
        (self.state, self.order, self.terms) = (state, order, terms)
    }

    init(
        run: String, round: Int, basis: Data, state: Data, work: Data, attachments: [Attachment], terms: MaskingTerms?
    ) {
        var hash = SHA256()
        hash.update(data: Data("lorad order 1".utf8))
        hash.update(framed: work)
        for attachment in attachments {
            hash.update(framed: attachment.name)
            hash.update(framed: attachment.blob)
        }
        self.init(run: run, round: round, basis: basis, state: state, order: Data(hash.finalize()), terms: terms)
    }
}

/// What is about to leave a worker that trains on its own data.
public enum OutgoingResult: Equatable, Sendable {
    /// An update that the coordinator can read; SHA-256 of its names, shapes and numbers.
    case update(digest: Data)
    /// A masked update. `roster` are the workers that took part in the exchange of keys.
    case masked(roster: [WorkerIdentity])
    /// Shares of secrets, which help to open a sum.
    case shares(RevealedSum)
}

/// Watches what a worker is ordered and what it gives away. What it throws is never done: the order is not worked on, the
/// result is not sent.
public protocol RoundWitness: Sendable {
    /// Called for every order before any work is done for it.
    ///
    /// - Parameter state: what the work starts from; `work.state` is its digest.
    /// - Throws: `FederationError.forbidden` to end this worker's part in the run.
    func willWork(_ work: OrderedWork, from state: StateDict) throws

    /// Called before anything made from this worker's own data is sent.
    ///
    /// - Throws: whatever keeps the result back.
    func willSend(_ result: OutgoingResult, of work: OrderedWork) throws
}

/// Several witnesses, asked in order.
public struct WitnessList: RoundWitness {
    private let witnesses: [any RoundWitness]

    /// Puts witnesses together.
    public init(_ witnesses: [any RoundWitness]) { self.witnesses = witnesses }

    /// Asks each of them.
    public func willWork(_ work: OrderedWork, from state: StateDict) throws {
        for witness in witnesses { try witness.willWork(work, from: state) }
    }

    /// Asks each of them.
    public func willSend(_ result: OutgoingResult, of work: OrderedWork) throws {
        for witness in witnesses { try witness.willSend(result, of: work) }
    }
}
