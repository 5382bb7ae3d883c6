import Models

/// Why an example of a dataset cannot be trained on.
public struct RowProblem: Error, Equatable, Sendable {
    /// The example's position in its dataset, from 0.
    public let row: Int
    /// The file with the example, if the dataset has several.
    public let file: String?
    /// The line that the example begins on, from 1.
    public let line: Int?
    /// The example's own identifier, if it could be read.
    public let id: String?
    /// What was expected and what was found.
    public let reason: String

    /// Creates a problem.
    public init(row: Int, file: String? = nil, line: Int? = nil, id: String? = nil, reason: String) {
        self.row = row
        self.file = file
        self.line = line
        self.id = id
        self.reason = reason
    }

    /// A reason found where the example's position is not known.
    struct Reason: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }
}

extension RowProblem: CustomStringConvertible {
    /// `example 3 (id 000042, line 17): the reason`.
    public var description: String {
        let details = [id.map { "id \($0)" }, file, line.map { "line \($0)" }].compactMap(\.self)
        return "example \(row)\(details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"): \(reason)"
    }

    /// The problem as a JSON object; unknown members are omitted.
    public func json(dataset: String) -> String {
        let members: [(String, JSONValue?)] = [
            ("dataset", .string(dataset)), ("row", .int(row)), ("file", file.map { .string($0) }),
            ("line", line.map { .int($0) }), ("id", id.map { .string($0) }), ("reason", .string(reason)),
        ]
        return JSONValue.object(members.compactMap { name, value in value.map { .init(name, $0) } }).text()
    }
}

extension TrainingError {
    /// One error for all problems of a dataset: the first ones in full, and how many there are.
    static func rows(_ problems: [RowProblem], of dataset: String, rowCount: Int, shown: Int = 20) -> TrainingError {
        let listed = problems.prefix(shown).map { "\n  \($0)" }.joined()
        let rest = problems.count > shown ? "\n  … and \(problems.count - shown) more" : ""
        let advice =
            problems.count < rowCount ? "correct them, or skip them with --skip-bad-rows" : "correct them"
        return TrainingError(
            .invalidDataset,
            "\(dataset): \(problems.count) of \(rowCount) examples cannot be used; \(advice):\(listed)\(rest)")
    }
}
