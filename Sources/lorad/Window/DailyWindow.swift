import Foundation

/// The hours of each day in which a worker works, as `20:00-06:00` in local time; the end may be on the next day.
struct DailyWindow: Equatable, Sendable {
    /// Minutes after midnight by the clock on the wall.
    let opens: Int
    let closes: Int

    /// Reads `HH:MM-HH:MM`; `24:00` may be the end.
    ///
    /// - Returns: `nil` if it is not of that form, or if both times are the same.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let opens = Self.minutes(parts[0]),
            let closes = parts[1] == "24:00" ? 0 : Self.minutes(parts[1]), opens != closes
        else { return nil }
        self.opens = opens
        self.closes = closes
    }

    /// The window as it is written.
    var text: String { "\(Self.text(opens))-\(Self.text(closes))" }

    /// Whether a moment is in it: from the opening minute on, up to the closing one.
    func contains(_ date: Date, in calendar: Calendar) -> Bool {
        let parts = calendar.dateComponents([.hour, .minute], from: date)
        let minute = 60 * (parts.hour ?? 0) + (parts.minute ?? 0)
        return opens < closes ? (opens..<closes).contains(minute) : minute >= opens || minute < closes
    }

    /// When it opens next; the moment itself if it is open. A time that the clock leaves out in spring is the next that it
    /// shows, and one that it shows twice in autumn is the first.
    func nextOpening(from date: Date, in calendar: Calendar) -> Date {
        contains(date, in: calendar) ? date : next(opens, after: date, calendar)
    }

    /// When it closes next.
    func nextClosing(from date: Date, in calendar: Calendar) -> Date { next(closes, after: date, calendar) }

    private func next(_ minute: Int, after date: Date, _ calendar: Calendar) -> Date {
        let time = DateComponents(hour: minute / 60, minute: minute % 60, second: 0)
        // Every calendar has such a time within two days.
        return calendar.nextDate(after: date, matching: time, matchingPolicy: .nextTime)
            ?? date.addingTimeInterval(86_400)
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return 60 * hour + minute
    }

    private static func text(_ minutes: Int) -> String {
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
    }
}
