import Foundation

/// Rényi divergences of a mechanism, or of a composition of several, at fixed orders.
///
/// Composition adds curves. An order at which nothing is known holds infinity.
public struct RenyiCurve: Equatable, Sendable {
    /// The orders α: tenths up to 10.9, whole numbers up to 128, then 256, 512 and 1024.
    ///
    /// A superset of those of the public accounting packages.
    public static let orders: [Double] = {
        let fractional = (1..<100).map { tenth in 1 + Double(tenth) / 10 }
        let whole = (11...128).map { order in Double(order) }
        return fractional + whole + [256, 512, 1024]
    }()

    /// ρ(α) at each of `orders`.
    public private(set) var divergences: [Double]

    /// The curve of releasing nothing.
    public init() { divergences = Array(repeating: 0, count: Self.orders.count) }

    /// Any mechanism's curve; infinity where it is not known.
    public init(_ divergence: (Double) -> Double) { divergences = Self.orders.map(divergence) }

    /// Composes another mechanism, released `count` times.
    public mutating func compose(_ other: Self, count: Int = 1) {
        guard count > 0 else { return }
        for index in divergences.indices { divergences[index] += Double(count) * other.divergences[index] }
    }

    /// The least ε over the orders for which (ε, δ) holds.
    ///
    ///     ε = ρ + ln(1 − 1/α) − ln(δα)/(α − 1)        (Canonne, Kamath, Steinke 2020, proposition 12)
    ///
    /// and 0 where δ ≥ √(1 − e^−ρ) (the total variation is bounded by the divergence).
    ///
    /// - Throws: `PrivacyError` when δ is not between 0 and 1.
    public func epsilon(delta: Double) throws -> RenyiBound {
        try Requirement.delta(delta)
        var best = RenyiBound(epsilon: .infinity, order: Self.orders[0], isAtEdge: true)
        for (index, (order, divergence)) in zip(Self.orders, divergences).enumerated() where divergence.isFinite {
            let bound = divergence + log1p(-1 / order) - log(delta * order) / (order - 1)
            let epsilon = delta * delta + expm1(-divergence) > 0 ? 0 : max(0, bound)
            guard epsilon < best.epsilon else { continue }
            let isAtEdge = epsilon > 0 && (index == 0 || index == Self.orders.count - 1)
            best = RenyiBound(epsilon: epsilon, order: order, isAtEdge: isAtEdge)
        }
        return best
    }
}

/// What a Rényi curve guarantees.
public struct RenyiBound: Equatable, Sendable {
    /// ε.
    public let epsilon: Double
    /// The order at which it was found.
    public let order: Double
    /// Whether that is the first or the last order: a better one may lie beyond, and ε is larger than need be.
    public let isAtEdge: Bool
}
