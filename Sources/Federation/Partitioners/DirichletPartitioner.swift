import Foundation
import Tensors

/// Each label's rows go to the parts in proportions drawn from a Dirichlet distribution (arXiv:1909.06335).
///
/// The smaller α, the fewer labels a part has; the larger, the closer to `iid`.
struct DirichletPartitioner: Partitioner {
    static let name = "dirichlet"
    static let needsLabels = true

    private let concentration: Double

    init(_ options: PartitionOptions) throws {
        guard options.concentration > 0, options.concentration.isFinite else {
            throw FederationError(
                .invalidConfiguration, "dirichlet needs a positive concentration, not \(options.concentration)")
        }
        concentration = options.concentration
    }

    func deal(_ rows: PartitionRows, into count: Int, _ random: inout SplitMix64) -> [[Int]] {
        var parts = Array(repeating: [Int](), count: count)
        for group in rows.groups {
            let shares = random.nextDirichlet(concentration, count: count)
            let order = random.permutation(group.count)
            var (sum, first) = (0.0, 0)
            for part in 0..<count {
                sum += shares[part]
                let end = part == count - 1 ? group.count : min(Int((sum * Double(group.count)).rounded()), group.count)
                parts[part] += order[first..<max(first, end)].map { group[$0] }
                first = max(first, end)
            }
        }
        return parts
    }
}

extension SplitMix64 {
    /// Proportions from the symmetric Dirichlet distribution: gamma variates divided by their sum. Taken from logarithms,
    /// as those of a small α are smaller than any number.
    mutating func nextDirichlet(_ alpha: Double, count: Int) -> [Double] {
        let logarithms = (0..<count).map { _ in nextLogGamma(alpha) }
        let largest = logarithms.max() ?? 0
        let weights = logarithms.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// The logarithm of a gamma variate of shape α and scale 1 (Marsaglia and Tsang: A simple method for generating gamma
    /// variables, 2000); for α < 1, that of α + 1 times U^(1/α).
    mutating func nextLogGamma(_ alpha: Double) -> Double {
        let isSmall = alpha < 1
        let d = (isSmall ? alpha + 1 : alpha) - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = nextNormal()
            let cube = pow(1 + c * x, 3)
            let u = 1 - Double.random(in: 0..<1, using: &self)
            guard cube > 0, log(u) < 0.5 * x * x + d * (1 - cube + log(cube)) else { continue }
            let boost = isSmall ? log(1 - Double.random(in: 0..<1, using: &self)) / alpha : 0
            return log(d * cube) + boost
        }
    }
}
