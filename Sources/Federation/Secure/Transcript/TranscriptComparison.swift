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
    /// Differences that may be right, a sentence each, without full stops: to be looked at.
    public private(set) var remarks: [String] = []

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
            if let remark = Self.repetition(round, own, other) { remarks.append("round \(round): \(remark)") }
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

    /// What a round's results were made from, where both took part in it.
    private static func ground(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        guard own.numbers.contains(round), other.numbers.contains(round) else { return nil }
        let facts: [(name: String, path: KeyPath<TranscriptEntry, String?>)] = [
            ("bases", \.basis), ("states", \.state), ("orders", \.order),
        ]
        for fact in facts {
            let (left, right) = (own.values(round, fact.path), other.values(round, fact.path))
            guard left != right else { continue }
            let isPartial = left.isSubset(of: right) || right.isSubset(of: left)
            return "they have different \(fact.name): \(words(left)) and \(words(right))"
                + (isPartial ? ". One of them may have missed a run that was begun anew under its name" : "")
        }
        return nil
    }

    private static func attempts(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        for (attempt, left) in own.attempts(round).sorted(by: { $0.key < $1.key }) {
            guard let right = other.attempts(round)[attempt] else { continue }
            if let reason = difference(left + right, of: [own.signer, other.signer]) { return reason }
        }
        return nil
    }

    /// Where lines of one attempt, of two workers, contradict each other.
    private static func difference(_ lines: [Rounds.Attempt], of signers: [String]) -> String? {
        for signer in signers where !lines.allSatisfy({ $0.roster.contains(signer) }) {
            return "worker \(signer) has signed a transcript of a round whose list of workers does not have it"
        }
        for line in lines.dropFirst() {
            if line.terms != lines[0].terms { return "they have different terms of secure aggregation" }
            if line.roster != lines[0].roster {
                return "they have different lists of workers: \(words(lines[0].roster)) and \(words(line.roster))"
            }
            if line.ground != lines[0].ground {
                return "they have different bases, states or orders in one attempt: \(words(lines[0].ground)) and "
                    + words(line.ground)
            }
        }
        let sums = lines.compactMap(\.survivors)
        guard let first = sums.first, let second = sums.first(where: { $0 != first }) else { return nil }
        return "they gave shares for different sums: of \(words(first)) and of \(words(second))"
    }

    /// A worker whose vector is in a sum has a line of it.
    private static func absence(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        for (attempt, lines) in own.attempts(round) {
            guard lines.contains(where: { $0.survivors?.contains(other.signer) == true }) else { continue }
            guard other.attempts(round)[attempt] == nil else { continue }
            return
                "a sum that worker \(own.signer.prefix(8)) helped to open is said to hold the update of worker "
                + "\(other.signer.prefix(8)), which has no line of it"
        }
        return nil
    }

    /// Without noise of the workers' own, a round has one sum.
    private static func opened(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        let attempts = own.opened(round, isNoisy: false).union(other.opened(round, isNoisy: false))
        guard attempts.count > 1 else { return nil }
        return "they gave shares for different attempts, so that there may be two sums of one round"
    }

    /// With noise of the workers' own, which ε counts each time, a round may have several sums; a coordinator that makes them
    /// on purpose spends the budget sooner.
    private static func repetition(_ round: Int, _ own: Rounds, _ other: Rounds) -> String? {
        let attempts = own.opened(round, isNoisy: true).union(other.opened(round, isNoisy: true))
        guard attempts.count > 1 else { return nil }
        return
            "they gave shares for \(attempts.count) attempts, so that there may be as many sums of one round. Each has "
            + "noise of its own, and epsilon counts each"
    }

    private static func words(_ digests: Set<String>) -> String { words(digests.sorted()) }
    private static func words(_ names: [String]) -> String {
        names.map { String($0.prefix(8)) }.joined(separator: ", ")
    }
}

extension TranscriptComparison {
    /// What a transcript says of each round.
    private struct Rounds {
        /// What a line says of an attempt under secure aggregation.
        struct Attempt {
            var terms: MaskingTerms
            var roster: [String]
            /// Basis, state and order.
            var ground: [String]
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

        /// The lines of each attempt at a round, by its random bytes.
        func attempts(_ round: Int) -> [String: [Attempt]] {
            (entries[round] ?? []).reduce(into: [:]) { attempts, entry in
                guard let terms = entry.terms, let roster = entry.roster else { return }
                attempts[Hexadecimal.encode(terms.attempt), default: []].append(
                    Attempt(
                        terms: terms, roster: roster,
                        ground: [entry.basis, entry.state, entry.order].map { $0 ?? "" },
                        survivors: entry.survivors, isNoisy: entry.epsilon != nil))
            }
        }

        /// The attempts at a round that shares were given for.
        func opened(_ round: Int, isNoisy: Bool) -> Set<String> {
            Set(attempts(round).filter { $0.value.contains { $0.survivors != nil && $0.isNoisy == isNoisy } }.keys)
        }
    }
}
