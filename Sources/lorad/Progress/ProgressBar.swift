/// A bar with figures behind it, as wide as the terminal allows.
struct ProgressBar: Equatable, Sendable {
    /// What is done, from 0 to 1.
    var share: Double
    /// The figures.
    var text: String

    /// One line; the figures alone where there is no room for a bar.
    func line(_ style: ProgressStyle) -> String {
        let room = min(40, style.columns - text.count - 3)
        guard room >= 8 else { return String(text.prefix(max(0, style.columns - 1))) }
        let filled = Int((min(1, max(0, share)) * Double(room)).rounded(.down))
        let done = String(repeating: "█", count: filled)
        let open = String(repeating: "░", count: room - filled)
        return style.usesColour
            ? "\u{1B}[32m\(done)\u{1B}[0m\u{1B}[2m\(open)\u{1B}[0m \(text)" : "\(done)\(open) \(text)"
    }
}
