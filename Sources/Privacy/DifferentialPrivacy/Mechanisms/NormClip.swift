/// Clipping of an update to an L2 norm.
public struct NormClip: Equatable, Sendable {
    /// The largest norm that leaves.
    public let bound: Double

    /// Sets the bound.
    ///
    /// - Throws: `PrivacyError` unless it is finite and above 0.
    public init(_ bound: Double) throws {
        try Requirement.positive(bound, "clip")
        self.bound = bound
    }

    /// Scales `update` down to the bound where its norm is larger, and never above it by rounding either.
    ///
    /// - Returns: The norm it had.
    /// - Throws: `PrivacyError` with code `invalidValue` when a value is not finite: such an update has no norm.
    @discardableResult
    public func clip(_ update: inout [Float]) throws -> Double {
        let norm = update.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard norm.isFinite else {
            throw PrivacyError(
                .invalidValue, "an update to be clipped holds a value that is not finite: the training has diverged")
        }
        guard norm > bound else { return norm }
        // A product of rounded factors is off by less than 2^-23 of itself.
        let factor = Float(bound / norm * (1 - 0x1p-22))
        for index in update.indices { update[index] *= factor }
        return norm
    }
}
