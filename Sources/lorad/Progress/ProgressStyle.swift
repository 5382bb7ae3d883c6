import Foundation

/// Where progress is shown, and what may be used there.
struct ProgressStyle: Equatable, Sendable {
    /// Whether lines may be drawn over.
    var isTerminal: Bool
    /// Whether colours may be used.
    var usesColour: Bool
    /// Characters in a line.
    var columns: Int
    /// Lines on the screen.
    var rows = 24
    /// Whether programs read, and not people.
    var isJSON = false
    /// The terminal, whose size may change.
    var descriptor: Int32?

    /// One JSON object per line.
    static let json = ProgressStyle(isTerminal: false, usesColour: false, columns: .max, isJSON: true)

    /// What standard error is: colours only on a terminal, and not where `NO_COLOR` is set (no-color.org) or the
    /// terminal is `dumb`.
    static func standardError(environment: [String: String] = ProcessInfo.processInfo.environment) -> ProgressStyle {
        of(STDERR_FILENO, environment: environment)
    }

    /// What standard output is, by the same rules.
    static func standardOutput(environment: [String: String] = ProcessInfo.processInfo.environment) -> ProgressStyle {
        of(STDOUT_FILENO, environment: environment)
    }

    private static func of(_ descriptor: Int32, environment: [String: String]) -> ProgressStyle {
        let isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let style = ProgressStyle(isTerminal: isTerminal, usesColour: isTerminal && !isPlain, columns: 80)
        return style.measured(descriptor)
    }

    /// The same with the terminal's size as it is now.
    func measured() -> ProgressStyle { descriptor.map { measured($0) } ?? self }

    private func measured(_ descriptor: Int32) -> ProgressStyle {
        var size = winsize()
        var style = self
        style.descriptor = descriptor
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return style }
        style.columns = Int(size.ws_col)
        style.rows = size.ws_row > 0 ? Int(size.ws_row) : 24
        return style
    }
}
