import Foundation

/// Round numbers that an axis is labelled with: multiples of 1, 2 or 5 times a power of ten.
struct AxisTicks: Equatable {
    /// The numbers, ascending; the first and the last hold all data between them.
    let values: [Double]
    private let step: Double

    /// What an axis can hold, so the difference of two numbers and its multiples stay finite.
    private static let range = -1e300...1e300

    /// The ticks of an axis that holds some data; what is beyond its range counts as its end.
    ///
    /// - Parameter count: About how many ticks there should be.
    init(holding data: [Double], count: Int) {
        let low = Self.clamped(data.min() ?? 0)
        let high = Self.clamped(data.max() ?? 1)
        // Below that, ticks between them would be the same number.
        let least = max(max(abs(low), abs(high)) * 1e-12, 1e-300)
        let span = high - low > least ? high - low : max(abs(high), 1)
        let step = Self.roundStep(span / Double(count))
        let first = (low / step).rounded(.down)
        let last = max((high / step).rounded(.up), first + 1)
        self.step = step
        values = stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// The least of 1, 2, 5 and 10 times a power of ten that is not below a number.
    private static func roundStep(_ least: Double) -> Double {
        let power = pow(10, floor(log10(least)))
        return power * ([1, 2, 5].first { $0 * power >= least * 0.999 } ?? 10)
    }

    private static func clamped(_ value: Double) -> Double { min(max(value, range.lowerBound), range.upperBound) }

    /// How far along the axis a value lies, from 0 to 1.
    func share(of value: Double) -> Double {
        guard let first = values.first, let last = values.last else { return 0 }
        return (Self.clamped(value) - first) / (last - first)
    }

    /// A tick's number with as many decimals as the ticks differ in, or with an exponent where it would be very long.
    func label(_ value: Double) -> String {
        guard (1e-9...1e15).contains(step) else { return String(format: "%.6g", value) }
        return String(format: "%.\(max(0, Int(-floor(log10(step * 1.001)))))f", value)
    }
}
