import Foundation
import Privacy
import Tensors

/// Clips updates, adds them up in whole steps, and adds Gaussian noise to their sum.
///
/// An update is rounded to a grid on which its length is checked (`NormGrid`), and whole numbers are added. Adding or removing a
/// worker changes the sum by exactly that worker's steps. The number of workers and the base's values make no difference.
struct CentralNoise: Sendable {
    /// The steps, and the longest that an update may be.
    let grid: NormGrid
    /// Standard deviation of the noise in the sum, in clips.
    let noiseMultiplier: Double

    init(_ settings: NoiseSettings, _ adaptive: AdaptiveClip?) throws {
        grid = NormGrid(bound: try NormClip(adaptive?.clip ?? settings.clip).bound)
        noiseMultiplier =
            try adaptive?.updateNoiseMultiplier(total: settings.noiseMultiplier) ?? settings.noiseMultiplier
    }

    /// An update on its way into a sum.
    struct Clipped: Sendable {
        fileprivate let difference: Tensor
        fileprivate let factor: Double
        /// Its norm before.
        let norm: Double
    }

    /// An update, clipped.
    ///
    /// - Throws: `PrivacyError` where it holds a value that is not finite, `FederationError.invalidUpdate` where its tensors
    ///   are not those of the layout.
    func clipped(_ update: StateDict, from start: StateDict, _ layout: UpdateLayout) throws -> Clipped {
        let difference = try layout.difference(update, from: start)
        let vector = Tensor(difference, shape: [difference.count])
        guard let factor = grid.factor(of: [vector]) else {
            throw PrivacyError(
                .invalidValue, "an update to be clipped holds a value that is not finite: the training has diverged")
        }
        return Clipped(difference: vector, factor: factor, norm: vector.squaredNorm.squareRoot())
    }

    /// Adds an update to a sum, in steps.
    func add(_ clipped: Clipped, to sum: inout [Int64]) {
        guard clipped.factor != 0 else { return }
        grid.add(clipped.difference, factor: clipped.factor, to: &sum)
    }

    /// (sum + N(0, (z·c)²)) / expected.
    ///
    /// - Parameters:
    ///   - sum: Σ (xᵢ − x₀) over clipped updates, in steps.
    ///   - expected: how many were to be expected, whatever became of them: a fixed number, so that it tells of nobody.
    /// - Throws: `PrivacyError` where the noise cannot hide what is there.
    func noised(_ sum: StepSum, expected: Int, lanes: Int) throws -> [Float] {
        try SumNoise(noiseMultiplier: noiseMultiplier, sensitivity: sum.sensitivity)
            .noised(sum.steps, step: sum.step / Double(expected), lanes: lanes)
    }
}
