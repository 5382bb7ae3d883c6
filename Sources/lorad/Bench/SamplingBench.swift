import Adapters
import Foundation
import Privacy

/// `lorad bench sampling`: what the time of a draw of noise, and of a whole sum's noise, tells of what was drawn.
struct SamplingBench {
    /// What was measured.
    struct Report: Codable {
        /// By sampler, single draws.
        var draws: [Figures]
        /// By sampler, sums of many draws.
        var sums: [Figures]
    }

    /// What the draws of a sampler came to; times in nanoseconds.
    struct Figures: Codable {
        var sampler: String
        /// Draws that were timed together.
        var together: Int
        var count: Int
        var mean: Double
        var deviation: Double
        /// Of the time with the magnitude of what was drawn.
        var correlation: Double
        /// Mean times of single draws by magnitude: below σ/2, to σ, to 2σ, above.
        var meansBySize: [Double]

        init(_ timing: SamplerTiming) {
            (sampler, together, count) = (timing.sampler.rawValue, timing.together, timing.count)
            (mean, deviation, correlation) = (timing.mean, timing.deviation, timing.correlation)
            meansBySize = timing.together == 1 ? timing.meansBySize : []
        }
    }

    let draws: Int
    /// Draws of a sum's noise.
    let values: Int

    /// Measures every sampler; `say` receives a line for each result.
    func report(_ say: (String) -> Void) throws -> Report {
        var report = Report(draws: [], sums: [])
        for sampler in SamplerTiming.Sampler.allCases {
            let single = try SamplerTiming(sampler, draws: draws)
            say(Self.line(single, "single draws"))
            let sums = try SamplerTiming(sampler, draws: draws, together: min(values, draws))
            say(Self.line(sums, "sums of \(sums.together.grouped)"))
            report.draws.append(Figures(single))
            report.sums.append(Figures(sums))
        }
        return report
    }

    private static func line(_ timing: SamplerTiming, _ what: String) -> String {
        let start = String(
            format: "%@, %@ (%@): %.1f ns per draw, standard deviation %.1f ns, correlation with the magnitude %+.3f",
            timing.sampler.rawValue, what, timing.count.grouped, timing.mean, timing.deviation, timing.correlation)
        guard timing.together == 1 else { return start }
        let sizes = zip(["< σ/2", "< σ", "< 2σ", "≥ 2σ"], timing.meansBySize).map {
            String(format: "%@ %.1f", $0, $1)
        }
        return start + "; ns by magnitude: " + sizes.joined(separator: ", ")
    }
}
