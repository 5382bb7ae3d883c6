import Foundation
import Privacy

/// One line of a worker's transcript: what it joined, or what it gave away in a round.
public struct TranscriptEntry: Codable, Equatable, Sendable {
    /// What a line is about.
    public enum Kind: String, Codable, Sendable {
        /// The worker joined the run.
        case joined
        /// An update that the coordinator can read was about to be sent.
        case update
        /// A masked update was about to be sent.
        case masked
        /// Shares that help to open a sum were about to be given.
        case shares
        /// A line that a crash had cut short was taken away; nothing had been given away for it.
        case repaired
    }

    /// What the line is about.
    public var kind: Kind
    /// Seconds since 1970.
    public var time: Int
    /// The run's name.
    public var run: String
    /// The key that signs, 64 hexadecimal digits; in `joined` only.
    public var worker: String?
    /// `RunBasis.digest`: the run file and the files that results rest on.
    public var basis: String?
    /// The round, from 1.
    public var round: Int?
    /// The digest of the state that the round began with.
    public var state: String?
    /// The digest of what the coordinator ordered.
    public var order: String?
    /// The terms of secure aggregation.
    public var terms: MaskingTerms?
    /// The signing keys of the workers that exchanged keys.
    public var roster: [String]?
    /// Those whose updates are in the sum.
    public var survivors: [String]?
    /// The digest of an update that is not masked.
    public var update: String?
    /// ε of everything that this worker has given away in the run, with this; `nil` if it adds no noise of its own.
    public var epsilon: Double?
    /// The δ that `epsilon` counts at.
    public var delta: Double?
    /// Bytes that a repair took away.
    public var dropped: Int?

    init(_ kind: Kind, run: String, at time: Date) {
        (self.kind, self.run, self.time) = (kind, run, Int(time.timeIntervalSince1970.rounded(.down)))
    }

    init(_ result: OutgoingResult, of work: OrderedWork, at time: Date) {
        switch result {
        case .update(let digest):
            self.init(.update, run: work.run, at: time)
            update = Hexadecimal.encode(digest)
        case .masked(let workers):
            self.init(.masked, run: work.run, at: time)
            roster = workers.map(\.text)
        case .shares(let sum):
            self.init(.shares, run: work.run, at: time)
            roster = sum.workers.map(\.text)
            survivors = sum.survivors.map(\.text)
        }
        (round, terms) = (work.round + 1, work.terms)
        (basis, state, order) = (
            Hexadecimal.encode(work.basis), Hexadecimal.encode(work.state), Hexadecimal.encode(work.order)
        )
    }
}
