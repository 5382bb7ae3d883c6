import Adapters
import Foundation
import Privacy
import Tensors
import Training

/// Measures steps of differentially private training beside plain ones over the same examples, in turns.
struct ClippingBench {
    /// Seconds of a step, the medians.
    struct Report: Codable {
        var plainSeconds: Double
        /// Each example's gradient bounded.
        var clippedSeconds: Double
        /// And noise added.
        var privateSeconds: Double
        var rows: Int
        var tokens: Int
        var trainedNumbers: Int
    }

    private let opened: OpenedRun
    private let training: TrainingRows

    init(_ configuration: RunConfiguration, say: (String) -> Void) throws {
        opened = try OpenedRun(configuration, say: say)
        training = try opened.trainingRows()
    }

    /// Takes `steps` steps of each kind, after one warm-up step of each.
    func report(steps: Int) throws -> Report {
        let (weights, arguments) = (opened.adapted.weights, opened.configuration.training)
        let computation = StepComputation(
            model: opened.adapted.model, weights: weights, lanes: opened.lanes,
            checkpointing: arguments.gradientCheckpointing)
        let stretch = try LocalStretch(computation, arguments: arguments, options: StretchOptions(seed: arguments.seed))
        let start = StateDict(weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        let size = weights.parameters.reduce(0) { $0 + $1.tensor.count }
        let grid = NormGrid(bound: 1)
        let noise = try SumNoise(noiseMultiplier: 1, sensitivity: Double(grid.length))
        let lanes = opened.lanes.count
        var seconds = [[Double]](repeating: [], count: 3)
        var progress: StretchProgress?
        for step in 0...steps {
            let rows = training.order.rows(ofStep: step)
            for kind in 0..<3 {
                let privacy =
                    kind == 0
                    ? nil
                    : PrivateSteps(
                        grid: grid, units: ExampleUnits(rowCount: training.rows.count), divisor: rows.count,
                        sample: { rows },
                        noised: { sum in
                            kind == 2
                                ? try noise.noised(sum, step: grid.step, lanes: lanes)
                                : sum.map { Float(Double($0) * grid.step) }
                        })
                let time = try ContinuousClock().measure {
                    progress = try stretch.run(
                        StretchPlan(steps: [rows]), on: training.rows, from: start, privacy: privacy
                    ).progress
                }
                if step > 0 { seconds[kind].append(time / .seconds(1)) }
            }
        }
        return Report(
            plainSeconds: seconds[0].median, clippedSeconds: seconds[1].median, privateSeconds: seconds[2].median,
            rows: progress?.examples ?? 0, tokens: progress?.tokens ?? 0, trainedNumbers: size)
    }
}

extension ClippingBench.Report {
    /// A line to read.
    var text: String {
        String(
            format:
                "%d examples with %d tokens in total, %d trained parameters: plain %.3f s per step, clipped %.3f s "
                + "(%.2f×), with noise %.3f s (%.2f×)",
            rows, tokens, trainedNumbers, plainSeconds, clippedSeconds, clippedSeconds / plainSeconds, privateSeconds,
            privateSeconds / plainSeconds)
    }
}
