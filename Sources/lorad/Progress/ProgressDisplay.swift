import Foundation
import Synchronization

/// Tells how a run goes: lines that are drawn over on a terminal, plain lines otherwise, JSON where programs read.
///
/// Threads may use it at once.
final class ProgressDisplay: Sendable {
    private struct State {
        var block = TerminalBlock()
        /// Whether something else than `update` shows the progress.
        var isTaken = false
    }

    private let fixedStyle: ProgressStyle
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    /// Shows progress on standard error, or wherever `write` puts it.
    init(
        style: ProgressStyle = .standardError(),
        write: @escaping @Sendable (String) -> Void = { FileHandle.standardError.tell($0) },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        fixedStyle = style
        self.write = write
        self.now = now
    }

    /// A display for people on standard error, or for programs on standard output.
    convenience init(json: Bool) {
        if json {
            self.init(style: .json) { FileHandle.standardOutput.tell($0) }
        } else {
            self.init()
        }
    }

    /// What may be used, and the size as it is now.
    var style: ProgressStyle { fixedStyle.measured() }

    /// Shows where a run is, unless something else does.
    ///
    /// - Parameter isLogged: Whether the step is one that the run logs: only those become plain lines.
    func update(_ progress: ProgressState, isLogged: Bool) {
        guard !state.withLock({ $0.isTaken }) else { return }
        let text = ProgressText(state: progress)
        if fixedStyle.isTerminal {
            draw([text.bar(style)])
        } else if isLogged {
            say(text.line)
        }
    }

    /// Hands the progress over to callers of `draw` and `announce`: `update` does nothing from now on.
    func takeOver() { state.withLock { $0.isTaken = true } }

    /// Shows lines instead of those before, on a terminal; nothing elsewhere.
    func draw(_ lines: [String]) {
        guard fixedStyle.isTerminal else { return }
        state.withLock { state in write(state.block.draw(lines)) }
    }

    /// Prints a message above the progress.
    func say(_ message: String) { announce(.message(message)) }

    /// Reports an event.
    func announce(_ announcement: Announcement) {
        state.withLock { state in
            if fixedStyle.isJSON {
                write(announcement.json(at: now()) + "\n")
            } else if let text = announcement.text, !(announcement.isProgress && fixedStyle.isTerminal) {
                write(state.block.insert(text.withoutControls))
            }
        }
    }

    /// Leaves the last state on the screen and ends its line.
    func finish() {
        state.withLock { state in
            let end = state.block.end()
            if !end.isEmpty { write(end) }
        }
    }
}

extension String {
    /// The text without terminal control characters; line ends are kept.
    var withoutControls: String {
        String(String.UnicodeScalarView(unicodeScalars.filter { !$0.isControl || $0 == "\n" }))
    }

    /// Untrusted text, for use within one line.
    var onOneLine: String { String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? " " : $0 })) }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        default: false
        }
    }
}
