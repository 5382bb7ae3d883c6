import ArgumentParser
import Federation
import Foundation
import Models
import Privacy

/// `lorad privacy transcript`.
struct PrivacyTranscriptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transcript",
        abstract:
            "Show what a worker on this machine has sent in a run, and check that nobody changed the record.",
        discussion: """
            Examples:
              lorad privacy transcript hospital-vqa --worker north
              lorad privacy transcript hospital-vqa --worker north --against south.transcript

            The transcript is workers/NAME/transcripts/RUN.transcript in the worker's state folder. To let another site compare
            it, send that site this file and the .head file next to it.
            """)

    @Argument(help: "Name of the run.")
    var id: String

    @Option(help: "The worker's state folder (default: ~/.local/state/lorad).")
    var state: String?

    @Option(help: "Name of the worker.")
    var worker: String

    @Flag(help: "Print only whether the transcript is valid.")
    var verify = false

    @Option(
        help: "Another worker's transcript to compare: both must have been shown the same.")
    var against: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        try RunStore.checkName(id)
        try WorkerPlace.checkName(worker)
        let place = WorkerTranscript(
            of: id, in: StateFolder(state).workers.appending(path: worker))
        let own = try place.read()
        let other = try against.map { try Transcript(path: $0) }
        let comparison = other.map { TranscriptComparison(own, $0) }
        print(try json ? report(own, comparison).text() : text(own, other, comparison))
        if let difference = comparison?.difference, let against {
            throw CommandError(
                "\(place.file.path) and \(against) contradict each other: \(difference.onOneLine)")
        }
        guard comparison.map({ $0.rounds > 0 }) ?? true else {
            throw CommandError(
                "the two workers took part in no common round: only what they joined with was compared, and it agrees")
        }
    }

    private func text(_ own: Transcript, _ other: Transcript?, _ comparison: TranscriptComparison?)
        -> String
    {
        let summary =
            [
                "\(own.entries.count) line\(own.entries.count == 1 ? "" : "s"), in order, signed by worker \(own.signer.text)"
            ] + own.notes
        let compared = comparison.flatMap { comparison -> [String]? in
            guard comparison.difference == nil, comparison.rounds > 0, let other else { return nil }
            let rounds = comparison.rounds
            let remarks = comparison.remarks.map { "check this: \($0)" }
            return other.notes.map { "the other transcript: \($0)" } + remarks + [
                "agrees with that of worker \(other.signer.text) in \(rounds) round\(rounds == 1 ? "" : "s") that both took part in"
            ]
        }
        let lines = verify ? [] : own.entries.enumerated().map { "\($0 + 1)  \($1.words)" }
        return (lines + summary + (compared ?? [])).map(\.onOneLine).joined(separator: "\n")
    }

    private func report(_ own: Transcript, _ comparison: TranscriptComparison?) throws -> JSONValue {
        let entries = try JSONValue(parsing: JSONEncoder().encode(own.entries), file: "transcript")
        let compared: [JSONValue.Member] =
            comparison.map { comparison in
                [
                    .init("rounds_compared", .int(comparison.rounds)),
                    .init("difference", comparison.difference.map { .string($0) } ?? .null),
                    .init("remarks", .array(comparison.remarks.map { .string($0) })),
                ]
            } ?? []
        let members: [JSONValue.Member] = [
            .init("run", .string(id)), .init("worker", .string(worker)),
            .init("signer", .string(own.signer.text)),
            .init("lines", .int(own.entries.count)),
            .init("notes", .array(own.notes.map { .string($0) })),
        ]
        return .object(members + (verify ? [] : [.init("entries", entries)]) + compared)
    }
}

extension TranscriptEntry {
    /// The line for people.
    fileprivate var words: String {
        let when = Date(timeIntervalSince1970: TimeInterval(time)).ISO8601Format()
        let spent =
            epsilon.map { String(format: ", epsilon %.4g", $0) + (delta.map { " at delta \($0)" } ?? "") }
            ?? ""
        let ground = state.map { ", from state \($0.prefix(8))" } ?? ""
        let number = round.map { "round \($0): " } ?? ""
        return "\(when)  \(number)\(what)\(ground)\(spent)"
    }

    private var what: String {
        switch kind {
        case .joined: "joined run \(run), basis \(basis?.prefix(8) ?? "")"
        case .update: "an update that the coordinator can read, \(update?.prefix(8) ?? "")"
        case .masked: "a masked update, with \(roster?.count ?? 0) workers"
        case .shares: "shares for the sum of \(survivors?.count ?? 0) of \(roster?.count ?? 0) workers"
        case .repaired: "\(dropped ?? 0) bytes of a line that a crash had truncated were removed"
        }
    }
}
