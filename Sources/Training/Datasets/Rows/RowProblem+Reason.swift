import Models

extension RowProblem {
    /// An error in the words of an example's problem.
    static func reason(for error: any Error) -> String {
        switch error {
        case let error as Reason: error.text
        case let error as RowProblem: error.reason
        case let error as ModelError: error.message
        case let error as ParquetError: error.reason
        default: "cannot be read: \(error)"
        }
    }
}
