import Adapters
import Foundation
import Privacy
import Training

/// Differential privacy for the examples or the people of a worker's own data: who is in a step, the noise, and the ledger.
struct OwnPrivacy {
    private let units: ExampleUnits
    private let expectedCount: Int
    private let unitsPerStep: Int
    private let clip: Double
    private let noise: GridGaussian
    private let sampling: PrivacyRelease.Sampling
    private let noiseMultiplier: Double
    private let ledger: WorkerLedger
    private let lanes: Int

    /// Prepares it. A noise multiplier that the run file leaves open follows from the budget, the run's steps, and the share
    /// of this worker's data that a step takes.
    ///
    /// - Parameters:
    ///   - plannedSteps: optimizer steps of the whole run.
    ///   - unitsPerStep: how many are in a step on average.
    ///   - values: numbers that train.
    /// - Throws: `CommandError` where nothing keeps the budget, or there is too little data for it.
    init(
        _ arguments: PrivacyArguments.DifferentialPrivacy, units: ExampleUnits, plannedSteps: Int, unitsPerStep: Int,
        values: Int, ledger: WorkerLedger, lanes: Int
    ) throws {
        self.units = units
        self.unitsPerStep = unitsPerStep
        self.ledger = ledger
        self.lanes = lanes
        expectedCount = min(unitsPerStep, units.count)
        clip = arguments.clip
        let rate = Double(expectedCount) / Double(units.count)
        sampling = rate < 1 ? .poisson(rate: rate) : .everybody
        if let given = arguments.noiseMultiplier {
            noiseMultiplier = given
        } else {
            let target = try PrivacyTarget(epsilon: arguments.targetEpsilon ?? 0, delta: arguments.delta)
            noiseMultiplier = try PrivacyPlan(target: target, sampling: sampling).noiseMultiplier(rounds: plannedSteps)
        }
        // What rounding of the sum and of the noise's grid may add to what one unit can move.
        let sensitivity = clip + MeanSensitivity.singlePrecisionError(clip: clip, workers: units.count)
        let grid = sensitivity * (1 + noiseMultiplier * 0x1p-29 * Double(values).squareRoot())
        noise = try GridGaussian(deviation: noiseMultiplier * grid)
    }

    /// The assumptions in words.
    var words: String {
        let who = sampling == .everybody ? "all of them" : "about \(expectedCount) of them, drawn anew,"
        return "\(units.count.grouped) units, \(who) in each step; gradients clipped to \(String(format: "%g", clip)), "
            + "noise of \(String(format: "%.4g", noiseMultiplier)) clips"
    }

    /// What is told of the units in some steps: the run file's number, also where this worker has fewer.
    func toldUnits(steps: Int) -> Int {
        let (units, overflows) = unitsPerStep.multipliedReportingOverflow(by: steps)
        return overflows ? .max : units
    }

    /// So many steps, noted in the ledger at once.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` where the budget does not allow them all.
    func steps(_ count: Int) throws -> PrivateSteps {
        try ledger.note(
            PrivacyRelease(.gaussian(noiseMultiplier: noiseMultiplier), sampling: sampling, count: count))
        let (sampling, population, noise, lanes) = (sampling, units.count, noise, lanes)
        return PrivateSteps(
            clip: clip, units: units, expectedCount: expectedCount, sample: { try sampling.draw(from: population) },
            addNoise: { try noise.add(to: &$0, lanes: lanes) })
    }
}
