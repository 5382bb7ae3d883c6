/// How many must agree, or must give a share, as a fraction of those there are.
struct Threshold: Sendable, Equatable {
    let fraction: Double

    /// ⌈fraction·count⌉, and more than half: two disjoint groups must never both reach it.
    func needed(of count: Int) -> Int {
        // 0.7 x 10 is a little above 7 in binary, and 7 of 10 are meant.
        max(count / 2 + 1, min(count, Int((fraction * Double(count) - 1e-9).rounded(.up))))
    }
}
