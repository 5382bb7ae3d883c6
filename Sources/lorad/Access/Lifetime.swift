import ArgumentParser

/// A time span as people write it: `30d`, `12h`, `90m`, or `never`.
struct Lifetime: ExpressibleByArgument, Equatable, Sendable {
    /// Seconds; `nil` for no end.
    let seconds: Double?

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    /// A hundred years.
    private static let longest = 3.2e9

    init?(argument: String) {
        if argument == "never" {
            seconds = nil
            return
        }
        guard let unit = argument.last, let factor = Self.units[unit], let count = UInt32(argument.dropLast()),
            count > 0,
            Double(count) * factor <= Self.longest
        else { return nil }
        seconds = Double(count) * factor
    }

    init(seconds: Double?) { self.seconds = seconds }

    /// What help texts print as the default.
    var defaultValueDescription: String {
        seconds.map { "\(Int($0 / 86_400))d" } ?? "never"
    }
}
