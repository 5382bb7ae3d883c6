import Adapters
import Foundation
import Privacy
import Synchronization
import Tensors
import Training

/// Differential privacy for the examples or the people of a worker's own data: who is in a step, the noise, and the ledger.
///
/// The sampling rate, the divisor, the grid and the noise follow from the run file and from the number of units that it states
/// (`population`), and so are the same whatever the data is: one unit more or less changes none of them. Where the run file
/// states none, they follow from this worker's own number, which the guarantee then takes as known: a unit counts as nothing
/// instead of being left out (`Adjacency.zeroOut`).
struct OwnPrivacy {
    private let units: ExampleUnits
    private let lanes: Int
    private let ledger: WorkerLedger
    private let reports: UnreadableReports
    /// What a step's sum is divided by.
    let divisor: Int
    /// The steps that gradients are rounded to, and the longest that one may be.
    let grid: NormGrid
    /// The noise on a step's sum, in steps of the grid.
    let noise: SumNoise
    /// What a step is noted as.
    let release: PrivacyRelease

    /// Prepares it. A noise multiplier that the run file leaves open follows from the budget, the run's steps, and the
    /// share of the units that a step takes.
    ///
    /// - Parameters:
    ///   - plannedSteps: optimizer steps of the whole run.
    ///   - unitsPerStep: how many are in a step on average.
    ///   - say: this worker's own log, which hears of units that cannot be read.
    /// - Throws: `CommandError` if nothing keeps the budget, or there is too little data for it.
    init(
        _ arguments: PrivacyArguments.DifferentialPrivacy, units: ExampleUnits, plannedSteps: Int, unitsPerStep: Int,
        ledger: WorkerLedger, lanes: Int, say: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        (self.units, self.ledger, self.lanes) = (units, ledger, lanes)
        reports = UnreadableReports(say)
        let population = arguments.population ?? units.count
        divisor = min(unitsPerStep, population)
        grid = NormGrid(bound: arguments.clip)
        let rate = Double(divisor) / Double(population)
        let sampling: PrivacyRelease.Sampling = rate < 1 ? .poisson(rate: rate) : .everybody
        let adjacency: Adjacency = arguments.population == nil ? .zeroOut : .addOrRemoveOne
        let multiplier =
            try arguments.noiseMultiplier
            ?? PrivacyPlan(
                target: PrivacyTarget(epsilon: arguments.targetEpsilon ?? 0, delta: arguments.delta),
                sampling: sampling,
                adjacency: adjacency
            ).noiseMultiplier(rounds: plannedSteps)
        noise = try SumNoise(noiseMultiplier: multiplier, sensitivity: Double(grid.length))
        release = try PrivacyRelease(
            .gaussian(noiseMultiplier: multiplier), sampling: sampling, adjacency: adjacency)
    }

    /// The assumptions in words.
    var words: String {
        let who = release.sampling == .everybody ? "all of them" : "about \(divisor) of them, drawn again"
        let count =
            release.adjacency == .zeroOut
            ? "\(units.count.grouped) units (their number is not hidden: the run file states no population)"
            : "units whose number is hidden"
        return "\(count), \(who) in each step; gradients clipped to \(String(format: "%g", grid.bound)), "
            + "noise of \(String(format: "%.4g", noise.noiseMultiplier)) clips"
    }

    /// So many steps, noted in the ledger at once.
    ///
    /// - Throws: `PrivacyError.budgetExceeded` if the budget does not allow them all.
    func steps(_ count: Int) throws -> PrivateSteps {
        try ledger.note(release.repeated(count))
        let (sampling, present, grid, noise, lanes) = (release.sampling, units.count, grid, noise, lanes)
        return PrivateSteps(
            grid: grid, units: units, divisor: divisor, sample: { try sampling.draw(from: present) },
            noised: { try noise.noised($0, step: grid.step, lanes: lanes) },
            unreadable: { [reports] in reports.take($0) })
    }
}

/// Tells a worker's own log of units that cannot be read, of each problem once.
private final class UnreadableReports: Sendable {
    private let say: @Sendable (String) -> Void
    private let told = Mutex<Set<String>>([])

    init(_ say: @escaping @Sendable (String) -> Void) { self.say = say }

    func take(_ error: any Error) {
        let problem = "\(error)"
        guard told.withLock({ $0.insert(problem).inserted }) else { return }
        say(
            "data that cannot be read contributes nothing. The coordinator is not told, and training continues: "
                + problem)
    }
}
