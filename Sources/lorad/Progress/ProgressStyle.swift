import Foundation

/// Where progress is shown, and what may be used there.
struct ProgressStyle: Equatable, Sendable {
    /// Whether a line may be drawn over.
    var isTerminal: Bool
    /// Whether colours may be used.
    var usesColour: Bool
    /// Characters in a line.
    var columns: Int

    /// What standard error is: colours only on a terminal, and not where `NO_COLOR` is set (no-color.org) or the
    /// terminal is `dumb`.
    static func standardError(environment: [String: String] = ProcessInfo.processInfo.environment) -> ProgressStyle {
        let isTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return ProgressStyle(isTerminal: isTerminal, usesColour: isTerminal && !isPlain, columns: terminalColumns())
    }

    private static func terminalColumns() -> Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
