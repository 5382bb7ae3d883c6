import Foundation
import Privacy

/// Two workers' transcripts of one run, side by side.
///
/// Workers that a coordinator treats alike have the same basis, state and order for a round, and the same list of keys, terms
/// and survivors for an attempt at it.
public struct TranscriptComparison: Equatable, Sendable {
    /// Rounds that both have lines of.
    public private(set) var rounds = 0
    /// The first place where they contradict each other; `nil` if they agree.
    public private(set) var difference: String?

    /// Compares two transcripts that are in order.
    public init(_ first: Transcript, _ second: Transcript) {
        guard first.signer != second.signer else {
            difference = "both are signed by worker \(first.signer.text)"
            return
        }
        let names = Set(first.entries.map(\.run)).union(second.entries.map(\.run))
        guard names.count == 1 else {
            difference = "they are of different runs: \(names.sorted().joined(separator: ", "))"
            return
        }
        let (own, other) = (Rounds(first), Rounds(second))
        for round in Set(own.numbers).union(other.numbers).sorted() {
            if own.numbers.contains(round), other.numbers.contains(round) { rounds += 1 }
            difference = Self.difference(round, own, other)
            if difference != nil { return }
        }
        difference = Self.bases(first, second)
    }

    /// What workers joined with: two that a coordinator keeps in rounds apart have none to compare but this.
    private static func bases(_ first: Transcript, _ second: Transcript) -> String? {
        let (left, right) = (Set(first.entries.compactMap(\.basis)), Set(second.entries.compactMap(\.basis)))
        guard !left.isSubset(of: right), !right.isSubset(of: left) else { return nil }
        return "they have different bases: \(words(left)) and \(words(right))"
    }

    private static func difference(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        let reason =
            ground(round, own, other) ?? attempts(round, own, other) ?? absence(round, own, other)
            ?? absence(round, other, own) ?? opened(round, own, other)
        return reason.map { "round \(round): \($0)" }
    }

    /// What a round's results were made from.
    private static func ground(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        let facts: [(name: String, path: KeyPath<TranscriptEntry, String?>)] = [
            ("bases", \.basis), ("states", \.state), ("orders", \.order),
        ]
        for fact in facts {
            let (left, right) = (own.values(round, fact.path), other.values(round, fact.path))
            // A run that was begun anew under its name has several, and a worker may have missed one.
            guard left.isEmpty || right.isEmpty || left.isSubset(of: right) || right.isSubset(of: left)
            else {
                return "they have different \(fact.name): \(words(left)) and \(words(right))"
            }
        }
        return nil
    }

    private static func attempts(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        for (attempt, left) in own.attempts(round).sorted(by: { $0.key < $1.key }) {
            guard let right = other.attempts(round)[attempt] else { continue }
            for signer in [own.signer, other.signer] where !left.roster.contains(signer) {
                return
                    "worker \(signer) has signed a transcript of a round whose list of workers does not have it"
            }
            if left.terms != right.terms { return "they have different terms of secure aggregation" }
            if left.roster != right.roster {
                return
                    "they have different lists of workers: \(words(left.roster)) and \(words(right.roster))"
            }
            guard let survivors = left.survivors, let others = right.survivors, survivors != others else {
                continue
            }
            return "they gave shares for different sums: of \(words(survivors)) and of \(words(others))"
        }
        return nil
    }

    /// A worker whose vector is in a sum has a line of it.
    private static func absence(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        for (attempt, left) in own.attempts(round) {
            guard let survivors = left.survivors, survivors.contains(other.signer) else { continue }
            guard other.attempts(round)[attempt] == nil else { continue }
            return
                "a sum that worker \(own.signer.prefix(8)) helped to open is said to hold the update of worker "
                + "\(other.signer.prefix(8)), which has no line of it"
        }
        return nil
    }

    /// Without noise of the workers' own, a round has one sum.
    private static func opened(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        func sums(_ rounds: Rounds) -> Set<String> {
            Set(rounds.attempts(round).filter { $0.value.survivors != nil && !$0.value.isNoisy }.keys)
        }
        let (left, right) = (sums(own), sums(other))
        guard !left.isEmpty, !right.isEmpty, left.isDisjoint(with: right) else { return nil }
        return "they gave shares for different attempts, so that there may be two sums of one round"
    }

    private static func words(_ digests: Set<String>) -> String { words(digests.sorted()) }
    private static func words(_ names: [String]) -> String {
        names.map { String($0.prefix(8)) }.joined(separator: ", ")
    }
}

extension TranscriptComparison {
    /// What a transcript says of each round.
    private struct Rounds {
        /// What it says of an attempt under secure aggregation.
        struct Attempt {
            var terms: MaskingTerms
            var roster: [String]
            var survivors: [String]?
            var isNoisy: Bool
        }

        let signer: String
        private let entries: [Int: [TranscriptEntry]]

        init(_ transcript: Transcript) {
            signer = transcript.signer.text
            let ofRounds = transcript.entries.filter { $0.round != nil }
            entries = Dictionary(grouping: ofRounds) { $0.round ?? 0 }
        }

        var numbers: Set<Int> { Set(entries.keys) }

        func values(_ round: Int, _ path: KeyPath<TranscriptEntry, String?>) -> Set<String> {
            Set((entries[round] ?? []).compactMap { $0[keyPath: path] })
        }

        /// The attempts at a round, by their random bytes.
        func attempts(_ round: Int) -> [String: Attempt] {
            (entries[round] ?? []).reduce(into: [:]) { attempts, entry in
                guard let terms = entry.terms, let roster = entry.roster else { return }
                let name = Hexadecimal.encode(terms.attempt)
                let before = attempts[name]
                attempts[name] = Attempt(
                    terms: terms, roster: roster, survivors: entry.survivors ?? before?.survivors,
                    isNoisy: entry.epsilon != nil)
            }
        }
    }
}
