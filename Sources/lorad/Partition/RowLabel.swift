import Foundation
import Models
import Training

/// What a row of a dataset is sorted by.
enum RowLabel: Equatable {
    /// The text of the first answer.
    case firstAnswer
    /// A field of the row: text, or what JSON writes for a number or a truth value.
    case field(String)

    /// How the command line calls `firstAnswer`.
    static let answerName = "answer"

    init(name: String) { self = name == Self.answerName ? .firstAnswer : .field(name) }

    /// The label of a row.
    ///
    /// - Throws: `CommandError` where the row has no such field, or it is a list or mapping; `RowProblem` where the row is
    ///   no conversation.
    func label(ofRow row: Int, in file: ConversationFile) throws -> String {
        switch self {
        case .firstAnswer:
            let conversation = try file.conversation(at: row)
            guard let answer = conversation.turns.first(where: { $0.role == .assistant }) else {
                throw Self.problem(row, file, "has no answer to go by")
            }
            return answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
        case .field(let name): return try Self.value(of: name, row, file)
        }
    }

    private static func value(of name: String, _ row: Int, _ file: ConversationFile) throws -> String {
        let object = try JSONValue(parsing: file.bytes(ofRow: row), file: "\(file.path): row \(row)")
        guard let value = object[name], !value.isNull else {
            let names = object.objectValue?.map(\.key).joined(separator: ", ") ?? ""
            throw problem(row, file, "has no field `\(name)`, only \(names): give --label one that every row has")
        }
        guard value.arrayValue == nil, value.objectValue == nil else {
            throw problem(row, file, "has \(value.summary) for `\(name)`: a label is text, a number or a truth value")
        }
        return value.stringValue ?? value.description
    }

    private static func problem(_ row: Int, _ file: ConversationFile, _ what: String) -> CommandError {
        CommandError("\(file.path):\(file.line(ofRow: row)): row \(row) \(what)")
    }
}
