/// The lines at the foot of a terminal that are drawn over; messages scroll above them.
struct TerminalBlock: Equatable, Sendable {
    private(set) var lines: [String] = []

    /// The output that replaces the drawn lines.
    mutating func draw(_ new: [String]) -> String {
        defer { lines = new }
        return erasure + new.joined(separator: "\n")
    }

    /// The output that places a message above them.
    func insert(_ message: String) -> String { erasure + message + "\n" + lines.joined(separator: "\n") }

    /// What to write so that they stay and nothing is drawn over any more.
    mutating func end() -> String {
        defer { lines = [] }
        return lines.isEmpty ? "" : "\n"
    }

    /// Back to the first character, and everything from there on gone.
    private var erasure: String {
        guard lines.count > 1 else { return lines.isEmpty ? "" : "\r\u{1B}[J" }
        return "\r\u{1B}[\(lines.count - 1)A\u{1B}[J"
    }
}
