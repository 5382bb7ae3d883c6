import Foundation

/// A run's progress in words.
struct ProgressText: Equatable, Sendable {
    let state: ProgressState

    /// One line for logs: `step 20/100 · epoch 0.40 · loss 1.2345 · 812 tokens/s · 1:02 left`.
    var line: String { (["step \(state.step)/\(state.totalSteps)"] + details).joined(separator: " · ") }

    /// A bar and the same figures, as wide as the terminal allows.
    func bar(_ style: ProgressStyle) -> String {
        let text = (["\(state.step)/\(state.totalSteps)"] + details).joined(separator: " · ")
        return ProgressBar(share: state.share, text: text).line(style)
    }

    private var details: [String] {
        [
            String(format: "epoch %.2f", state.epoch),
            state.loss.map { String(format: "loss %.4f", $0) },
            state.tokensPerSecond.map { String(format: "%.0f tokens/s", $0) },
            state.remaining.map { "\(Self.duration($0)) left" },
        ].compactMap(\.self)
    }

    /// `0:07`, `12:34`, `3:01:02`, `2d 03:04:05`.
    static func duration(_ seconds: Double) -> String {
        let total = Int(max(0, min(seconds, 1e9)).rounded())
        let (minutes, rest) = (total / 60 % 60, total % 60)
        let hours = total / 3600
        if hours >= 24 { return String(format: "%dd %02d:%02d:%02d", hours / 24, hours % 24, minutes, rest) }
        if hours > 0 { return String(format: "%d:%02d:%02d", hours, minutes, rest) }
        return String(format: "%d:%02d", minutes, rest)
    }
}
