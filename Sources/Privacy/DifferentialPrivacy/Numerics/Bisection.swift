import Foundation

/// Root finding that always answers on the safe side of a bound.
enum Bisection {
    /// The smallest x in `range`, to `tolerance` relative, at which `value` is at most `target`; `value` falls with x.
    ///
    /// Illinois' variant of regula falsi on the logarithms, which takes a third of bisection's evaluations. What is
    /// returned was evaluated and is within the target.
    ///
    /// - Returns: nil where no x of the range will do.
    static func smallest(
        in range: ClosedRange<Double>, from guess: Double, target: Double, tolerance: Double,
        value: (Double) throws -> Double
    ) rethrows -> Double? {
        func point(_ x: Double) throws -> Point {
            let x = min(max(x, range.lowerBound), range.upperBound)
            return (x, try excess(x))
        }
        func excess(_ x: Double) throws -> Double {
            let found = try value(x)
            return found <= 0 ? -50 : min(50, log(found) - log(target))
        }
        var upper = try point(guess)
        while upper.y > 0 {
            guard upper.x < range.upperBound else { return nil }
            upper = try point(upper.x * 1.5)
        }
        var lower = try point(upper.x / 1.25)
        while lower.y <= 0 {
            guard lower.x > range.lowerBound else { return lower.x }
            (upper, lower) = (lower, try point(lower.x / 1.5))
        }
        try narrow(&lower, &upper, tolerance: tolerance, excess: excess)
        return upper.x
    }

    private typealias Point = (x: Double, y: Double)

    private static func narrow(
        _ lower: inout Point, _ upper: inout Point, tolerance: Double, excess: (Double) throws -> Double
    ) rethrows {
        var (weightBelow, weightAbove) = (lower.y, upper.y)
        for step in 0..<200 where upper.x - lower.x > tolerance * upper.x {
            let isBisection = step % 4 == 3
            let share = isBisection ? 0.5 : weightBelow / (weightBelow - weightAbove)
            // Aiming a little above the root brings the safe side in as well.
            let aimed = min(max(share + 0.25 * tolerance * lower.x / (upper.x - lower.x), 1e-3), 1 - 1e-3)
            let x = lower.x + (upper.x - lower.x) * aimed
            let y = try excess(x)
            if y > 0 {
                (lower, weightBelow, weightAbove) = ((x, y), y, weightAbove / 2)
            } else {
                (upper, weightAbove, weightBelow) = ((x, y), y, weightBelow / 2)
            }
        }
    }

    /// The largest whole number in `range` at which `isWithin` holds; it holds up to some point only.
    ///
    /// - Returns: nil where it does not hold at the lowest.
    static func largest(in range: ClosedRange<Int>, where isWithin: (Int) throws -> Bool) rethrows -> Int? {
        guard try isWithin(range.lowerBound) else { return nil }
        var (within, beyond) = (range.lowerBound, range.lowerBound)
        repeat {
            guard beyond < range.upperBound else { return range.upperBound }
            within = beyond
            beyond = min(range.upperBound, max(1, beyond) * 2)
        } while try isWithin(beyond)
        while beyond - within > 1 {
            let middle = within + (beyond - within) / 2
            if try isWithin(middle) { within = middle } else { beyond = middle }
        }
        return within
    }
}
