import Crypto
import Foundation
import Tensors

@testable import Federation
@testable import Privacy

/// A coordinator that gives its workers what it likes, and passes their messages on without looking at them.
struct LyingCoordinator {
    static let names = ["a": [3], "b": [2]]

    /// A state of a few numbers.
    static func state(_ value: Float = 1) -> StateDict {
        StateDict(names.sorted { $0.key < $1.key }.map { ($0.key, Tensor(fill(value, $0.value), shape: $0.value)) })
    }

    private static func fill(_ value: Float, _ shape: [Int]) -> [Float] {
        Array(repeating: value, count: shape.reduce(1, *))
    }

    /// What a worker is given, and what it makes of it.
    struct Given {
        var basis = Data("run file".utf8)
        var base = LyingCoordinator.state()
        var work = Data("three steps".utf8)
        var files: [Attachment] = []
        var moves: Float = 0.25
    }

    let terms: MaskingTerms
    var workers: [MaskedResult]

    /// Gives each worker what the list says; each knows `peers` workers, itself and the others among them.
    init(_ given: [Given], peers: Int? = nil, terms change: (inout MaskingTerms, Int) -> Void = { _, _ in }) throws {
        let layout = UpdateLayout(Self.state(), carriesLoss: true)
        terms = try MaskingSettings(run: "toy", threshold: 0.6).terms(
            round: 0, attempt: Data(repeating: 7, count: 16), layout: layout, workers: given.count, largestWeight: 10,
            noise: nil)
        workers = []
        let keys = given.map { _ in Curve25519.Signing.PrivateKey() }
        let absent = (given.count..<max(given.count, peers ?? 0)).map { _ in Curve25519.Signing.PrivateKey() }
        let known = peers.map { _ in Set((keys + absent).map { WorkerIdentity($0.publicKey) }) }
        for (index, given) in given.enumerated() {
            var own = terms
            change(&own, index)
            let moved = given.base.entries.map { name, tensor in
                (name, Tensor(tensor.values.map { $0 + given.moves }, shape: tensor.shape))
            }
            workers.append(
                try MaskedResult(
                    LocalResult(update: StateDict(moved), metrics: .init(loss: 1, examples: 2)), from: given.base, own,
                    MaskingPolicy(key: keys[index], trusted: known, threshold: 0.6),
                    ResultBinding(
                        basis: given.basis, state: given.base, work: given.work, attachments: given.files),
                    lanes: 1))
        }
    }

    /// The list of all keys, as the workers sent them.
    func roster() throws -> Data {
        let round = UInt64(terms.round)
        let messages = try workers.map { try SignedMessage($0.advertisement, as: .advertisement, round: round) }
        return Roster.message(messages.sorted { $0.sender < $1.sender }, round: round)
    }

    /// Why each worker leaves when it sees the list; nil where it stays.
    mutating func departures() throws -> [String?] {
        let message = try roster()
        return workers.indices.map { index in
            do {
                _ = try workers[index].answer(message, lanes: 1)
                return nil
            } catch {
                return "\(error)"
            }
        }
    }
}
