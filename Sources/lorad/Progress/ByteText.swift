import Foundation

extension Int {
    /// A number of bytes in the unit that suits it: `812 B`, `4.1 kB`, `45 MB`, `1.3 GB`.
    var bytesText: String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = Double(Swift.max(0, self))
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let isWhole = unit == 0 || value >= 9.95
        return "\(String(format: isWhole ? "%.0f" : "%.1f", value)) \(units[unit])"
    }
}
