import Federation
import Foundation
import Models

/// What is kept of a round, or of a step where a round is one: the store's `metrics`.
struct RoundFigures: Equatable, Sendable {
    /// A worker's part in it.
    struct Share: Equatable, Sendable {
        var counted = 0
        var late = 0
        var refused = 0
        var failed = 0
        var examples = 0
        var tokens = 0
        /// Time spent computing.
        var seconds = 0.0
        /// Bytes that came from it.
        var bytesIn = 0
        /// Bytes that went to it.
        var bytesOut = 0
    }

    /// `nil` if it may not be told.
    var loss: Double?
    var tokens = 0
    /// Results that it was made of.
    var contributions = 0
    /// Rounds of the whole run.
    var rounds = 0
    /// From its opening to its commit.
    var seconds = 0.0
    /// Bytes that came since the round before was done.
    var bytesIn = 0
    /// Bytes that went out since the round before was done.
    var bytesOut = 0
    /// Others by name, as the run's log has them.
    var values: [String: Double] = [:]
    /// Parts by the worker's fingerprint.
    var workers: [String: Share] = [:]
    /// Whether differential privacy keeps some of the figures back.
    var isWithheld = false
}

extension RoundFigures.Share {
    /// Both parts together; numbers come from peers, so that sums may not trap.
    static func += (first: inout Self, second: Self) {
        for path in counts { first[keyPath: path] = first[keyPath: path].addingClamped(second[keyPath: path]) }
        first.seconds += second.seconds
    }

    private static var counts: [WritableKeyPath<Self, Int>] {
        [\.counted, \.late, \.refused, \.failed, \.examples, \.tokens, \.bytesIn, \.bytesOut]
    }
}

extension Int {
    /// The sum, or the largest number where it has no room.
    func addingClamped(_ other: Int) -> Int {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? (other > 0 ? .max : .min) : sum
    }
}

// MARK: JSON

extension RoundFigures {
    /// Reads what `json` wrote; what is absent is zero, so that other releases' figures can be read.
    init(json text: String) {
        guard let json = try? JSONValue(parsing: Data(text.utf8), file: "figures") else { return }
        loss = json["loss"]?.doubleValue
        tokens = json["tokens"]?.intValue ?? 0
        contributions = json["contributions"]?.intValue ?? 0
        rounds = json["rounds"]?.intValue ?? 0
        seconds = json["seconds"]?.doubleValue ?? 0
        bytesIn = json["bytes_in"]?.intValue ?? 0
        bytesOut = json["bytes_out"]?.intValue ?? 0
        isWithheld = json["withheld"]?.boolValue ?? false
        for member in json["values"]?.objectValue ?? [] { values[member.key] = member.value.doubleValue }
        for member in json["workers"]?.objectValue ?? [] { workers[member.key] = Share(member.value) }
    }

    /// The figures, `workers` last.
    var json: JSONValue {
        let loss: JSONValue = loss.map { .double($0) } ?? .null
        let values = values.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .double($0.value)) }
        let workers = workers.sorted { $0.key < $1.key }.map { worker, share in
            JSONValue.Member(worker, .object(isWithheld ? share.outcomes : share.members))
        }
        let ends: [JSONValue.Member] = [.init("values", .object(values)), .init("workers", .object(workers))]
        guard !isWithheld else {
            return .object(
                [
                    .init("withheld", .bool(true)), .init("contributions", .int(contributions)),
                    .init("rounds", .int(rounds)), .init("seconds", .double(seconds)),
                ] + ends)
        }
        return .object(
            [
                .init("loss", loss), .init("tokens", .int(tokens)), .init("contributions", .int(contributions)),
                .init("rounds", .int(rounds)), .init("seconds", .double(seconds)), .init("bytes_in", .int(bytesIn)),
                .init("bytes_out", .int(bytesOut)),
            ] + ends)
    }
}

extension RoundFigures.Share {
    fileprivate init(_ json: JSONValue) {
        func number(_ key: String) -> Int { json[key]?.intValue ?? 0 }
        self.init(
            counted: number("counted"), late: number("late"), refused: number("refused"), failed: number("failed"),
            examples: number("examples"), tokens: number("tokens"), seconds: json["seconds"]?.doubleValue ?? 0,
            bytesIn: number("bytes_in"), bytesOut: number("bytes_out"))
    }

    /// What became of results, as members of a JSON object.
    var outcomes: [JSONValue.Member] {
        [
            .init("counted", .int(counted)), .init("late", .int(late)), .init("refused", .int(refused)),
            .init("failed", .int(failed)),
        ]
    }

    /// The figures as members of a JSON object.
    var members: [JSONValue.Member] {
        outcomes + [
            .init("examples", .int(examples)), .init("tokens", .int(tokens)), .init("seconds", .double(seconds)),
            .init("bytes_in", .int(bytesIn)), .init("bytes_out", .int(bytesOut)),
        ]
    }
}
