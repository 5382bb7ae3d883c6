import Foundation
import Synchronization

/// Shows a run's progress: a line that is drawn over on a terminal, plain lines otherwise.
///
/// Threads may use it at once.
final class ProgressDisplay: Sendable {
    private let style: ProgressStyle
    private let write: @Sendable (String) -> Void
    private let isLineOpen = Mutex(false)

    /// Shows progress on standard error, or wherever `write` puts it.
    init(
        style: ProgressStyle = .standardError(),
        write: @escaping @Sendable (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
    ) {
        self.style = style
        self.write = write
    }

    /// Shows where a run is.
    ///
    /// - Parameter isLogged: Whether the step is one that the run logs: only those become plain lines.
    func update(_ state: ProgressState, isLogged: Bool) {
        let text = ProgressText(state: state)
        isLineOpen.withLock { isLineOpen in
            if style.isTerminal {
                write("\r\u{1B}[K\(text.bar(style))")
                isLineOpen = true
            } else if isLogged {
                write("\(text.line)\n")
            }
        }
    }

    /// Says something beside the progress: the bar makes room for it.
    func say(_ message: String) {
        isLineOpen.withLock { isLineOpen in
            write("\(isLineOpen ? "\r\u{1B}[K" : "")\(message)\n")
            isLineOpen = false
        }
    }

    /// Leaves the last state on the screen and ends its line.
    func finish() {
        isLineOpen.withLock { isLineOpen in
            if isLineOpen { write("\n") }
            isLineOpen = false
        }
    }
}
