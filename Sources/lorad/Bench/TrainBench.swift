import Adapters
import Foundation
import Models
import Tensors
import Training

/// Measures optimizer steps of a run file's model, adapter and data; nothing is written.
struct TrainBench {
    /// Medians over the steps that count, but where it says otherwise.
    struct Report: Codable {
        var secondsPerStep: Double
        var fastestStep: Double
        var slowestStep: Double
        var tokensPerSecond: Double
        var tokensPerStep: Int
        var supervisedTokensPerStep: Int
        /// From opening the files to the end of the first step.
        var secondsToFirstStep: Double
        /// Bytes, pages of a mapped checkpoint included.
        var peakResident: Int
        var trainedNumbers: Int
        var lanes: Int
        var arithmetic: String
        /// Of every step, including warm-up steps.
        var losses: [Double]
        /// Where the time went, if requested.
        var profile: StepProfile?
    }

    let configuration: RunConfiguration

    /// What steps came to.
    struct Measured {
        var opened: OpenedRun
        /// Of every step, including warm-up steps.
        var reports: [StepReport]
        /// Those that count.
        var counted: ArraySlice<StepReport>
        var secondsToFirstStep: Double
        /// The events of each thread, if requested.
        var threads: [[ProfileEvent]]
    }

    /// Takes steps; the first ones are not measured.
    ///
    /// - Throws: what is wrong with the run file's model or data; `TrainingError` if training diverges.
    func measure(steps: Int, warmUp: Int, profiled: Bool, say: (String) -> Void) throws -> Measured {
        let start = ContinuousClock.now
        var configuration = configuration
        configuration.training.maxSteps = steps + warmUp
        let opened = try OpenedRun(configuration, say: say)
        let training = try opened.trainingRows()
        let trainer = try Trainer(
            model: opened.adapted.model, weights: opened.adapted.weights, source: training.rows, order: training.order,
            arguments: configuration.training, lanes: opened.lanes)
        let first = try trainer.takeStep()
        let secondsToFirstStep = (ContinuousClock.now - start) / .seconds(1)
        var reports = try [first] + (1..<max(1, warmUp)).map { _ in try trainer.takeStep() }
        if profiled { Profile.begin() }
        reports += try (0..<steps).map { _ in try trainer.takeStep() }
        return Measured(
            opened: opened, reports: reports, counted: reports.suffix(steps), secondsToFirstStep: secondsToFirstStep,
            threads: Profile.end())
    }

    /// The figures of the steps.
    ///
    /// - Parameters:
    ///   - profiled: whether the report tells where the time of the steps that count went.
    ///   - trace: a file to write the profile's events to.
    /// - Throws: As `measure`; `TensorError` if the file cannot be written.
    func report(
        steps: Int, warmUp: Int, profiled: Bool = false, trace: URL? = nil, say: (String) -> Void
    ) throws -> Report {
        let measured = try measure(steps: steps, warmUp: warmUp, profiled: profiled, say: say)
        if let trace { try AtomicFile.write(ProfileTrace.json(measured.threads), to: trace.path) }
        let (opened, counted) = (measured.opened, measured.counted)
        let seconds = counted.map(\.seconds)
        let lanes = opened.lanes.count
        let trained: Int = opened.adapted.weights.parameters.reduce(0) { $0 + $1.tensor.count }
        let speeds: [Double] = counted.map { Double($0.tokens) / $0.seconds }
        return Report(
            secondsPerStep: seconds.median, fastestStep: seconds.min() ?? 0, slowestStep: seconds.max() ?? 0,
            tokensPerSecond: speeds.median,
            tokensPerStep: Int(counted.map { Double($0.tokens) }.median),
            supervisedTokensPerStep: Int(counted.map { Double($0.supervisedTokens) }.median),
            secondsToFirstStep: measured.secondsToFirstStep, peakResident: ProcessMeasures.peakResident,
            trainedNumbers: trained, lanes: lanes,
            arithmetic: Products.summary, losses: measured.reports.map(\.loss),
            profile: profiled ? StepProfile(measured.threads, steps: counted, lanes: lanes, opened.adapted) : nil)
    }
}

extension TrainBench.Report {
    /// Lines to read.
    var text: String {
        String(
            format:
                "%.3f s per step (%.3f to %.3f) with %d tokens, %d supervised: %.0f tokens/s on %d lanes, %@\n%.2f "
                + "GB peak memory, first step done after %.2f s, loss %.4f to %.4f",
            secondsPerStep, fastestStep, slowestStep, tokensPerStep, supervisedTokensPerStep, tokensPerSecond, lanes,
            arithmetic, Double(peakResident) / 1e9, secondsToFirstStep, losses.first ?? 0, losses.last ?? 0)
            + (profile.map { "\n" + $0.text } ?? "")
    }
}
