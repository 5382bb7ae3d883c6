import Foundation

/// Round numbers that an axis is labelled with: multiples of 1, 2 or 5 times a power of ten.
struct AxisTicks: Equatable {
    /// The numbers, ascending; the first and the last hold all data between them.
    let values: [Double]
    private let step: Double

    /// The ticks of an axis that holds some data.
    ///
    /// - Parameter count: About how many ticks there should be.
    init(holding data: [Double], count: Int) {
        let low = data.min() ?? 0
        let high = data.max() ?? 1
        let span = high > low ? high - low : max(abs(high), 1)
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

    /// How far along the axis a value lies, from 0 to 1.
    func share(of value: Double) -> Double {
        guard let first = values.first, let last = values.last else { return 0 }
        return (value - first) / (last - first)
    }

    /// A tick's number with as many decimals as the ticks differ in.
    func label(_ value: Double) -> String {
        String(format: "%.\(max(0, Int(-floor(log10(step * 1.001)))))f", value)
    }
}
