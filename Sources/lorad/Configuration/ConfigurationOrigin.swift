/// Where a part of the run file comes from, for messages.
enum ConfigurationOrigin: Equatable, Sendable {
    /// A line of the run file, or the file as a whole.
    case file(String, line: Int?)
    case override(String)
    /// The program itself: a value that is about to be written.
    case resolved
}

extension ConfigurationOrigin: CustomStringConvertible {
    /// `run.yaml:12` or `--set training.seed=x`.
    var description: String {
        switch self {
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .override(let text): "--set \(text)"
        case .resolved: "resolved configuration"
        }
    }
}
