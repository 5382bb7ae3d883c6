/// Clipping of an update to an L2 norm.
public struct NormClip: Equatable, Sendable {
    /// What clipping does to one update.
    public struct Clipping: Equatable, Sendable {
        /// The update's norm before.
        public let norm: Double
        /// What its values are multiplied by: 1 where the norm is within the bound.
        public let scale: Float
    }

    /// The largest norm that leaves.
    public let bound: Double

    /// Sets the bound.
    ///
    /// - Throws: `PrivacyError` unless it is from 1e-15 to 1e15.
    public init(_ bound: Double) throws {
        try Requirement.number(bound, "clip", in: 1e-15...1e15)
        self.bound = bound
    }

    /// The norm, and the scale that takes it to the bound, never above it by rounding either.
    ///
    /// - Throws: `PrivacyError` with code `invalidValue` when a value is not finite: such an update has no norm.
    public func clipping(of update: [Float]) throws -> Clipping {
        let norm = update.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard norm.isFinite else {
            throw PrivacyError(
                .invalidValue, "an update to be clipped holds a value that is not finite: the training has diverged")
        }
        guard norm > bound else { return Clipping(norm: norm, scale: 1) }
        // A product of rounded factors is off by less than 2^-23 of itself, except where the scale has lost digits.
        let scale = Float(bound / norm * (1 - 0x1p-22))
        return Clipping(norm: norm, scale: scale < 0x1p-120 ? 0 : scale)
    }

    /// Scales `update` down to the bound where its norm is larger.
    ///
    /// - Throws: `PrivacyError` as `clipping`.
    @discardableResult
    public func clip(_ update: inout [Float]) throws -> Clipping {
        let clipping = try clipping(of: update)
        guard clipping.scale != 1 else { return clipping }
        for index in update.indices { update[index] *= clipping.scale }
        return clipping
    }
}
