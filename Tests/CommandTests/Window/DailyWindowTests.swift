import Foundation
import Testing

@testable import lorad

@Suite("The hours of a worker")
struct DailyWindowTests {
    /// A calendar that puts its clocks forward on 29 March 2026 at 02:00 and back on 25 October at 03:00.
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "Europe/Berlin") ?? .gmt
        return calendar
    }()

    /// A moment in universal time.
    private func moment(_ text: String) throws -> Date { try Date("\(text):00Z", strategy: .iso8601) }

    private func window(_ text: String) throws -> DailyWindow { try #require(DailyWindow(text)) }

    @Test("are read from two times, and written with two digits")
    func reading() throws {
        #expect(try window("20:00-06:30").opens == 1200)
        #expect(try window("20:00-06:30").closes == 390)
        #expect(try window("8:05-0:00").text == "08:05-00:00")
        #expect(try window("20:00-24:00") == window("20:00-00:00"))
        for text in [
            "", "-", "20:00", "20:00-20:00", "24:00-06:00", "00:00-24:00", "20:00-24:01", "20:60-06:00", "20-06",
            "20:00-06:00-07:00", "20:0-06:00",
            "+8:00-09:00", "20:00 - 06:00", "٢٠:00-06:00", "020:00-06:00", "20:00-06:00Z",
        ] { #expect(DailyWindow(text) == nil, "\(text)") }
    }

    @Test(
        "begin with their first minute and end before their last, across midnight too",
        arguments: [
            ("09:00-17:00", "07:59", false), ("09:00-17:00", "08:00", true), ("09:00-17:00", "15:59", true),
            ("09:00-17:00", "16:00", false), ("20:00-06:00", "18:59", false), ("20:00-06:00", "19:00", true),
            ("20:00-06:00", "22:59", true), ("20:00-06:00", "23:30", true), ("20:00-06:00", "04:59", true),
            ("20:00-06:00", "05:00", false), ("00:00-06:00", "22:59", false), ("00:00-06:00", "23:00", true),
        ])
    func membership(_ text: String, _ time: String, _ isOpen: Bool) throws {
        // In January local time is one hour ahead.
        let date = try moment("2026-01-15T\(time)")
        #expect(try window(text).contains(date, in: Self.calendar) == isOpen)
    }

    @Test("open next today or tomorrow, or are open now")
    func openings() throws {
        let night = try window("20:00-06:00")
        let noon = try moment("2026-01-15T11:00")
        #expect(night.nextOpening(from: noon, in: Self.calendar) == (try moment("2026-01-15T19:00")))
        #expect(night.nextClosing(from: noon, in: Self.calendar) == (try moment("2026-01-16T05:00")))
        let open = try moment("2026-01-15T20:00")
        #expect(night.nextOpening(from: open, in: Self.calendar) == open)
        let day = try window("09:00-10:00")
        #expect(day.nextOpening(from: noon, in: Self.calendar) == (try moment("2026-01-16T08:00")))
    }

    @Test("follow the clock on the wall when it is put forward: a time that it leaves out is the next that it shows")
    func spring() throws {
        let early = try window("02:30-04:00")
        // 02:00 becomes 03:00 at 01:00 universal time.
        #expect(
            early.nextOpening(from: try moment("2026-03-29T00:00"), in: Self.calendar)
                == (try moment("2026-03-29T01:00")))
        #expect(!early.contains(try moment("2026-03-29T00:59"), in: Self.calendar))
        #expect(early.contains(try moment("2026-03-29T01:00"), in: Self.calendar))
        #expect(!early.contains(try moment("2026-03-29T02:00"), in: Self.calendar))
        // A night is an hour shorter.
        let night = try window("20:00-06:00")
        #expect(
            night.nextClosing(from: try moment("2026-03-28T19:00"), in: Self.calendar)
                == (try moment("2026-03-29T04:00")))
    }

    @Test("follow it when it is put back: a time that it shows twice is in them twice")
    func autumn() throws {
        let early = try window("02:00-03:00")
        // 03:00 becomes 02:00 at 01:00 universal time.
        for time in ["2026-10-25T00:00", "2026-10-25T00:59", "2026-10-25T01:00", "2026-10-25T01:59"] {
            #expect(early.contains(try moment(time), in: Self.calendar), "\(time)")
        }
        #expect(!early.contains(try moment("2026-10-25T02:00"), in: Self.calendar))
        #expect(
            early.nextOpening(from: try moment("2026-10-24T12:00"), in: Self.calendar)
                == (try moment("2026-10-25T00:00")))
    }
}
