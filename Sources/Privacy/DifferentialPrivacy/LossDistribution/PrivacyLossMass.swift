import Foundation

/// The distribution of the privacy loss of one release, on the multiples of an interval.
///
/// What lies between two multiples is given to both so that the mass under either neighbour is kept: the pessimistic
/// "connect the dots" (Doroshenko et al. 2022, arXiv 2207.04380). With t the distance from the lower multiple, the
/// upper one gets the share (1 − e^−t) / (1 − e^−h). Guarantees read from it hold for the release itself.
struct PrivacyLossMass {
    /// The index of the first mass: its loss in intervals.
    let first: Int
    /// The mass at each multiple from there.
    let masses: [Double]
    /// Their logarithms.
    let logMasses: [Double]
    /// The mass at infinite loss.
    let infinite: Double

    init(first: Int, masses: [Double], infinite: Double) {
        (self.first, self.masses, self.infinite) = (first, masses, infinite)
        logMasses = masses.map { log($0) }
    }

    /// The index of the last mass.
    var last: Int { first + masses.count - 1 }
}

/// The losses of a release in both directions of add-or-remove-one.
struct PrivacyLossPair {
    /// With the person against without: what removing reveals.
    let remove: PrivacyLossMass
    /// Without against with.
    let add: PrivacyLossMass
}

extension SampledGaussian {
    /// The range of losses but for a mass of `tail` at either end.
    func losses(tail: Double) -> ClosedRange<Double> {
        let reach = noise * NormalDistribution.tailBound(tail)
        return loss(at: -reach)...loss(at: 1 + reach)
    }

    /// Both loss distributions on multiples of `interval`.
    func lossMasses(interval: Double, tail: Double) -> PrivacyLossPair {
        let reach = noise * NormalDistribution.tailBound(tail)
        let range = losses(tail: tail)
        let lowest = Int((range.lowerBound / interval).rounded(.down))
        let highest = max(lowest + 1, Int((range.upperBound / interval).rounded(.up)))
        var filler = LossFiller(mechanism: self, interval: interval, count: highest - lowest + 1)
        var left = -reach
        for bin in 0..<highest - lowest {
            let edge = output(ofLoss: Double(lowest + bin + 1) * interval)
            let right = bin == highest - lowest - 1 ? 1 + reach : min(max(edge, left), 1 + reach)
            filler.fill(bin: bin, lossAtLower: Double(lowest + bin) * interval, from: left, to: right)
            left = right
        }
        return filler.finish(lowest: lowest, reach: reach)
    }
}

/// Integrates the densities over the bins of the loss, four Gauss–Legendre nodes a panel.
private struct LossFiller {
    let mechanism: SampledGaussian
    let interval: Double
    var remove: [Double]
    var add: [Double]

    private static let nodes = [
        -0.861_136_311_594_052_6, -0.339_981_043_584_856_3, 0.339_981_043_584_856_3, 0.861_136_311_594_052_6,
    ]
    private static let weights = [
        0.347_854_845_137_453_8, 0.652_145_154_862_546_1, 0.652_145_154_862_546_1, 0.347_854_845_137_453_8,
    ]

    init(mechanism: SampledGaussian, interval: Double, count: Int) {
        self.mechanism = mechanism
        self.interval = interval
        remove = Array(repeating: 0, count: count)
        add = remove
    }

    /// Adds the outputs between two points, whose losses lie in one bin.
    ///
    /// A panel is narrow against σ, the scale of the density, and σ², that of the loss.
    mutating func fill(bin: Int, lossAtLower: Double, from left: Double, to right: Double) {
        guard right > left else { return }
        let widest = min(mechanism.noise, mechanism.noise * mechanism.noise) / 8
        let panels = max(1, Int(((right - left) / widest).rounded(.up)))
        let half = (right - left) / Double(2 * panels)
        let whole = expm1(-interval)
        for panel in 0..<panels {
            let centre = left + Double(2 * panel + 1) * half
            for (node, weight) in zip(Self.nodes, Self.weights) {
                let x = centre + node * half
                let loss = mechanism.loss(at: x)
                let distance = min(max(loss - lossAtLower, 0), interval)
                let without = weight * half * mechanism.density(at: x)
                // Not the density without times e^loss, of which one may be 0 and the other infinite.
                let with =
                    (1 - mechanism.rate) * without + mechanism.rate * weight * half * mechanism.density(at: x - 1)
                let share = expm1(-distance) / whole
                remove[bin + 1] += with * share
                remove[bin] += with * (1 - share)
                let opposite = expm1(distance - interval) / whole
                add[bin] += without * opposite
                add[bin + 1] += without * (1 - opposite)
            }
        }
    }

    /// Gives the tails to the nearest larger loss, and those of the greatest loss to infinity.
    func finish(lowest: Int, reach: Double) -> PrivacyLossPair {
        let (sigma, q) = (mechanism.noise, mechanism.rate)
        let below = NormalDistribution.cumulative(-reach / sigma)
        let belowShifted = NormalDistribution.cumulative((-reach - 1) / sigma)
        let above = NormalDistribution.cumulative(-(1 + reach) / sigma)
        let aboveShifted = NormalDistribution.cumulative(-reach / sigma)
        var (remove, add) = (remove, Array(add.reversed()))
        remove[1] += (1 - q) * below + q * belowShifted
        add[1] += above
        return PrivacyLossPair(
            remove: PrivacyLossMass(first: lowest, masses: remove, infinite: (1 - q) * above + q * aboveShifted),
            add: PrivacyLossMass(first: -(lowest + add.count - 1), masses: add, infinite: below))
    }
}
