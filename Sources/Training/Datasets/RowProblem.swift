/// Why a row of a dataset cannot be trained on.
public struct RowProblem: Error, Equatable, Sendable {
    /// The row's position in its file, from 0.
    public let row: Int
    /// The line that the row begins on, from 1.
    public let line: Int?
    /// The row's own identifier, if it could be read.
    public let id: String?
    /// What was expected and what was found.
    public let reason: String

    /// A reason found where the row's position is not known.
    struct Reason: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }
}

extension RowProblem: CustomStringConvertible {
    /// `row 3 (id 000042, line 17): the reason`.
    public var description: String {
        let details = [id.map { "id \($0)" }, line.map { "line \($0)" }].compactMap(\.self)
        return "row \(row)\(details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"): \(reason)"
    }
}

extension TrainingError {
    /// One error for all problems of a file: the first ones in full, and how many there are.
    static func rows(_ problems: [RowProblem], of file: String, rowCount: Int, shown: Int = 20) -> TrainingError {
        let listed = problems.prefix(shown).map { "\n  \($0)" }.joined()
        let rest = problems.count > shown ? "\n  … and \(problems.count - shown) more" : ""
        return TrainingError(
            .invalidDataset, "\(file): \(problems.count) of \(rowCount) rows cannot be used:\(listed)\(rest)")
    }
}
