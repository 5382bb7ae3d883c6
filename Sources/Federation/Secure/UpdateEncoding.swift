import Foundation
import Privacy

/// How updates become ring elements, and their sum a mean.
enum UpdateEncoding: Equatable, Sendable {
    /// Weighted values in fixed point.
    case plain(FixedPoint)
    /// Rotated values with shares of noise, all of one weight.
    case noisy(DistributedEncoding)

    /// The ring elements of one worker.
    ///
    /// - Throws: `PrivacyError` for values that are not finite.
    func encode(_ values: [Float], weight: Int, lanes: Int) throws -> [UInt32] {
        switch self {
        case .plain(let encoding): try encoding.encode(values, weight: weight)
        case .noisy(let encoding): try encoding.encode(values, lanes: lanes)
        }
    }

    /// The mean that a sum of `workers` vectors stands for.
    ///
    /// - Throws: `PrivacyError` for a sum of another length, or of more workers than there is room for.
    func mean(of sum: [UInt32], workers: Int) throws -> Privacy.WeightedMean {
        switch self {
        case .plain(let encoding): try encoding.decode(sum, workers: workers)
        case .noisy(let encoding):
            Privacy.WeightedMean(values: try encoding.mean(of: sum, dividedBy: Double(workers)), weight: workers)
        }
    }

    /// The sum of `workers` vectors in whole steps, as noise of the coordinator's is added to it; nil where there is noise in
    /// it already.
    ///
    /// - Throws: as `mean`.
    func steps(of sum: [UInt32], workers: Int) throws -> StepSum? {
        switch self {
        case .plain(let encoding):
            StepSum(
                steps: try encoding.steps(of: sum, workers: workers).steps, step: 1 / encoding.scale,
                sensitivity: encoding.normBound(
                    ofWeight: encoding.largestWeight, dimension: sum.count - 1))
        case .noisy: nil
        }
    }
}
