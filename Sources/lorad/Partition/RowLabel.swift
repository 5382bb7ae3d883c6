import Foundation
import Models
import Training

/// What an example of a dataset is sorted by.
enum RowLabel: Equatable {
    /// The text of the first answer that is learned.
    case firstAnswer
    /// A field of the example: text, or what JSON writes for a number or a boolean.
    case field(String)

    /// How the command line calls `firstAnswer`.
    static let answerName = "answer"

    init(name: String) { self = name == Self.answerName ? .firstAnswer : .field(name) }

    /// The label of an example.
    ///
    /// - Throws: `CommandError` if the example has no such field, or it is a list or mapping; `RowProblem` if the
    ///   example is no conversation.
    func label(ofRow row: Int, in rows: any DatasetRows) throws -> String {
        switch self {
        case .firstAnswer:
            let conversation = try rows.conversation(at: row)
            guard let answer = conversation.turns.first(where: { $0.role == .assistant && $0.isLearned })
            else {
                throw Self.problem(row, rows, "has no answer to use as a label")
            }
            return answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
        case .field(let name): return try Self.value(of: name, row, rows)
        }
    }

    private static func value(of name: String, _ row: Int, _ rows: any DatasetRows) throws -> String {
        let object = try rows.fields(ofRow: row)
        guard let value = object[name], !value.isNull else {
            let names = object.objectValue?.map(\.key).joined(separator: ", ") ?? ""
            throw problem(
                row, rows,
                "has no field `\(name)`, only \(names): give --label a field that every example has")
        }
        guard value.arrayValue == nil, value.objectValue == nil else {
            throw problem(
                row, rows,
                "has \(value.summary) for `\(name)`: a label must be text, a number, true or false")
        }
        return value.stringValue ?? value.description
    }

    private static func problem(_ row: Int, _ rows: any DatasetRows, _ what: String) -> CommandError {
        let place = rows.place(ofRow: row)
        let line = place.line.map { ":\($0)" } ?? ""
        return CommandError("\(place.file ?? rows.path)\(line): example \(row) \(what)")
    }
}
