import Foundation

/// Keeps a worker within its hours: it waits outside of them, and stops as if by a signal when they end.
struct WorkHours: Sendable {
    let window: DailyWindow
    /// Whether a worker ends with `ExitStatus.stopped` rather than wait.
    let endsOutside: Bool

    private var calendar: Calendar { .current }

    /// Whether work is allowed at a moment.
    func isOpen(at date: Date = Date()) -> Bool { window.contains(date, in: calendar) }

    /// Waits until work is allowed, a while at a time: a machine that sleeps has a clock that jumps.
    ///
    /// - Returns: whether it is; not where a signal asks to stop, or where nothing is waited for.
    func waitUntilOpen(_ say: (String) -> Void) -> Bool {
        guard !isOpen() else { return true }
        let opening = window.nextOpening(from: Date(), in: calendar).formatted(.iso8601)
        say(
            "outside the hours of --only \(window.text): "
                + (endsOutside ? "they next begin at \(opening)" : "waiting until \(opening)"))
        while !endsOutside, !StopSignal.isReceived {
            if isOpen() { return true }
            Thread.sleep(forTimeInterval: 0.5)
        }
        return false
    }
}
