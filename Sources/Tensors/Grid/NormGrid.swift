import CKernels

/// A grid on which vectors of a bounded length become whole numbers of steps, so that their sum is exact in any order.
///
/// The step is a power of two with the bound between 2^20 and 2^21 steps. `factor` finds the number by which a vector
/// is multiplied before it is rounded to steps, and checks the length of the resulting integers:
///
///     Σⱼ rⱼ² ≤ K²,  rⱼ = ⌊f·xⱼ⌉,  K = ⌊bound / step⌋
///
/// The squares are whole numbers below 2^42 and K² < 2^42, so float64 computes the sum exactly wherever the check could
/// pass. However the vector was computed, its norm estimated and its factor rounded, one vector moves a sum by K steps
/// at most.
public struct NormGrid: Equatable, Sendable {
    /// The longest that a vector may be.
    public let bound: Double
    /// The step, a power of two.
    public let step: Double
    /// The bound in whole steps, K: from 2^20 to 2^21.
    public let length: Int

    /// A grid for a bound.
    ///
    /// Precondition: the bound is a positive, normal number; run files and terms are checked long before.
    public init(bound: Double) {
        precondition(bound.isNormal && bound > 0, "a bound of \(bound)")
        self.bound = bound
        step = Double(sign: .plus, exponent: bound.exponent - 20, significand: 1)
        length = Int(bound / step)
    }

    /// The factor that turns the values of a vector into steps whose norm is at most `length`.
    ///
    /// - Parameters:
    ///   - parts: float32 tensors that make up the vector.
    ///   - scale: a factor above 0, applied to the vector before it is clipped.
    /// - Returns: the factor; 0 for the zero vector, `nil` if a value is not finite.
    public func factor(of parts: [Tensor], scale: Double = 1) -> Double? {
        let norm = parts.reduce(0.0) { $0 + $1.squaredNorm }.squareRoot() * scale
        guard norm.isFinite else { return nil }
        guard norm > 0 else { return 0 }
        var factor = scale / step * min(1, bound / norm)
        let most = Double(length)
        for _ in 0..<Self.attempts {
            let square = parts.reduce(0.0) { $0 + lorad_grid_square($1.floats, $1.count, factor) }
            if square <= most * most { return factor }
            factor *= min(1 - 0x1p-22, most / square.squareRoot())
        }
        return 0
    }

    /// Far more than needed: each attempt shrinks the vector, and once it is small enough all its values round to zero.
    private static let attempts = 100

    /// Adds a part of a vector to a sum, in steps.
    ///
    /// - Parameters:
    ///   - factor: as `factor(of:)` found it for all parts together, or its negative to subtract the vector again.
    ///   - sum: has the same count as the part.
    public func add(_ part: Tensor, factor: Double, to sum: inout [Int64]) {
        precondition(sum.count == part.count, "\(part.count) values into \(sum.count)")
        sum.withUnsafeMutableBufferPointer { lorad_grid_add(part.floats, $0.baseAddress, part.count, factor) }
    }
}
