import Foundation

/// Shows a run's progress: a line that is drawn over on a terminal, plain lines otherwise.
final class ProgressDisplay {
    private let style: ProgressStyle
    private let write: (String) -> Void
    private var isLineOpen = false

    /// Shows progress on standard error, or wherever `write` puts it.
    init(
        style: ProgressStyle = .standardError(),
        write: @escaping (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
    ) {
        self.style = style
        self.write = write
    }

    /// Shows where a run is.
    ///
    /// - Parameter isLogged: Whether the step is one that the run logs: only those become plain lines.
    func update(_ state: ProgressState, isLogged: Bool) {
        let text = ProgressText(state: state)
        if style.isTerminal {
            write("\r\u{1B}[K\(text.bar(style))")
            isLineOpen = true
        } else if isLogged {
            write("\(text.line)\n")
        }
    }

    /// Says something beside the progress: the bar makes room for it.
    func say(_ message: String) {
        write("\(isLineOpen ? "\r\u{1B}[K" : "")\(message)\n")
        isLineOpen = false
    }

    /// Leaves the last state on the screen and ends its line.
    func finish() {
        if isLineOpen { write("\n") }
        isLineOpen = false
    }
}
