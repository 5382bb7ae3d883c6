import Foundation

/// Bounds the probability that a graph of independent edges can be split by some choice of losses.
///
/// For a group of a honest workers to be summed by itself, each of them must have a fraction t of its neighbourhood
/// among the group and the colluders (otherwise nobody can open its seed), and no edge may lead to the other honest
/// workers that stay, of whom there are b(a) = max(a, q − c − a) at least. The union over all groups:
///
///     P ≤ Σ_{a ≤ h/2} C(h, a) · min(M(a), C(h − a, b)·(1 − p)^{ab})
///     M(a) = min_λ e^{λ(1−t)a} · (1 + p(e^{2λ(1−t)} − 1))^{a(a−1)/2} · (1 + p(e^{λ(1−t)} − 1))^{ac} · (1 + p(e^{−λt} − 1))^{a(h−a)}
struct SplitBound {
    let workers: Int
    let threshold: Double
    let colluders: Int
    /// The mean number of neighbours.
    let degree: Double

    private var probability: Double { degree / Double(workers - 1) }
    private var honest: Int { workers - colluders }
    private var quorum: Int { Threshold(fraction: threshold).needed(of: workers) }

    /// The natural logarithm of the bound.
    ///
    /// - Parameter limit: for groups of which the second term alone is far below this, the first is not computed.
    func logProbability(neededBelow limit: Double) -> Double {
        guard honest >= 2 else { return 0 }
        let terms = (1...honest / 2).map { group in
            let (groups, cut) = (Self.logChoose(honest, group), logCut(group))
            return groups + (groups + cut < limit - 60 ? cut : min(cut, logDense(group)))
        }
        let largest = terms.max() ?? 0
        return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
    }

    /// C(h − a, b)·(1 − p)^{ab}, its logarithm without C(h, a).
    private func logCut(_ group: Int) -> Double {
        let others = min(honest - group, max(group, quorum - colluders - group))
        return Self.logChoose(honest - group, others) + Double(group * others) * log1p(-probability)
    }

    /// The logarithm of M(a).
    private func logDense(_ group: Int) -> Double {
        let (size, spare) = (Double(group), 1 - threshold)
        func exponent(_ slope: Double) -> Double {
            slope * spare * size + size * (size - 1) / 2 * logMoment(2 * slope * spare)
                + size * Double(colluders) * logMoment(slope * spare)
                + size * Double(honest - group) * logMoment(-slope * threshold)
        }
        return min(0, Self.minimum(of: exponent))
    }

    /// log(1 + p(e^x − 1)): of a coin that counts x.
    private func logMoment(_ value: Double) -> Double { log1p(probability * expm1(value)) }

    /// The logarithm of a bound on the probability that a worker has less than t of its neighbourhood left, when each
    /// of its neighbours is lost with probability (1 − t)/4, for all workers.
    var logLoss: Double {
        let (spare, lost) = (1 - threshold, (1 - threshold) / 4)
        guard lost > 0 else { return -.infinity }
        func exponent(_ slope: Double) -> Double {
            let moment = (1 - lost) * expm1(-slope * spare) + lost * expm1(slope * threshold)
            return -slope * spare + Double(workers - 1) * log1p(probability * moment)
        }
        return log(Double(workers)) + min(0, Self.minimum(of: exponent))
    }

    /// The least value of a convex function on 0…20, by golden sections; every value that is tried is a valid bound.
    private static func minimum(of function: (Double) -> Double) -> Double {
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (0.0, 20.0)
        var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
        var (atLeft, atRight) = (function(left), function(right))
        for _ in 0..<50 {
            if atLeft < atRight {
                (high, right, atRight) = (right, left, atLeft)
                left = high - ratio * (high - low)
                atLeft = function(left)
            } else {
                (low, left, atLeft) = (left, right, atRight)
                right = low + ratio * (high - low)
                atRight = function(right)
            }
        }
        return min(atLeft, atRight)
    }

    private static func logChoose(_ all: Int, _ some: Int) -> Double {
        lgamma(Double(all) + 1) - lgamma(Double(some) + 1) - lgamma(Double(all - some) + 1)
    }
}
