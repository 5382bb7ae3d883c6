import Foundation
import Privacy
import Tensors

/// Clips updates and adds Gaussian noise to their sum.
struct CentralNoise: Sendable {
    let clip: Double
    /// Standard deviation of the noise in the sum, in clips.
    let noiseMultiplier: Double

    init(_ settings: NoiseSettings, _ adaptive: AdaptiveClip?) throws {
        clip = adaptive?.clip ?? settings.clip
        noiseMultiplier =
            try adaptive?.updateNoiseMultiplier(total: settings.noiseMultiplier) ?? settings.noiseMultiplier
    }

    /// An update within the clip of its start, and its norm before.
    ///
    /// - Throws: `PrivacyError` where it holds a value that is not finite.
    func clipped(_ update: StateDict, from start: StateDict) throws -> (state: StateDict, norm: Double) {
        let layout = UpdateLayout(update, carriesLoss: false)
        let difference = try layout.difference(update, from: start)
        let clipping = try NormClip(clip).clipping(of: difference)
        guard clipping.scale != 1 else { return (update, clipping.norm) }
        let shrunk = layout.tensors(difference.map { $0 * clipping.scale })
        let state = StateDict(
            layout.keys.compactMap { key in
                guard let base = start[key], let step = shrunk[key] else { return nil }
                return (key, Tensor(zip(base.values, step.values).map { $0 + $1 }, shape: base.shape))
            })
        return (state, clipping.norm)
    }

    /// (sum + N(0, (z·c)²)) / expected.
    ///
    /// - Parameters:
    ///   - sum: Σ (xᵢ − x₀) over clipped updates.
    ///   - workers: how many are in it.
    ///   - expected: how many were to be expected, whatever became of them: a fixed number, so that it tells of nobody.
    /// - Throws: `PrivacyError` where the noise cannot hide what is there.
    func noised(_ sum: [Float], workers: Int, expected: Int, lanes: Int) throws -> [Float] {
        let sensitivity =
            clip + MeanSensitivity.singlePrecisionError(clip: clip, workers: max(workers, expected))
        // The grid's own error is part of what the noise has to hide.
        let grid = sensitivity * (1 + noiseMultiplier * 0x1p-29 * Double(sum.count).squareRoot())
        var values = sum
        try GridGaussian(deviation: noiseMultiplier * grid).add(to: &values, lanes: lanes)
        return values.map { $0 / Float(expected) }
    }
}
