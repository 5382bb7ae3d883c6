import Foundation
import Privacy
import Synchronization
import Tensors
import Transports

@testable import Federation

/// The real job of a federated run in a simulation: it plans the rounds and puts the results together; the simulation's
/// number goes beside it. Of secure aggregation only the exchange is a toy, which loses some workers by chance.
final class FederatedJob: SimulatedJob {
    /// How updates become one.
    enum Kind: CaseIterable, Sendable {
        case mean, masked, noisy
    }

    /// What the run file says.
    struct Rules: Sendable {
        let kind: Kind
        let minimumWorkers: Int
        var share = 1.0
        let fewestWorkers: Int
        let threshold = 0.67

        /// Whether samples are drawn by independent coins, so that a round may have any number of results.
        var isPoissonSampled: Bool { kind == .noisy && share < 1 }
        /// The fewest contributions that a round may be made of.
        var fewestContributions: Int {
            switch kind {
            case .mean: minimumWorkers
            case .noisy: isPoissonSampled ? 0 : minimumWorkers
            case .masked: fewestWorkers
            }
        }
    }

    private struct Open {
        var disk: SimulatedDisk
        var inner: AveragingJob?
        var random: Tensors.SplitMix64
        var workers: [UInt64: WorkerID] = [:]
        var sums: [WorkerID: Int64] = [:]
    }

    let rounds: Int
    private let rules: Rules
    private let open: Mutex<Open>

    init(disk: SimulatedDisk, rounds: Int, rules: Rules, seed: UInt64) {
        self.rounds = rounds
        self.rules = rules
        let inner = try? Self.job(disk, rounds, rules)
        open = Mutex(
            Open(disk: disk, inner: inner, random: SplitMix64(seed: seed, stream: UInt64(1_000 + disk.round))))
    }

    private static let state = StateDict([("head", Tensor([0, 0], shape: [2]))])

    private static func job(_ disk: SimulatedDisk, _ rounds: Int, _ rules: Rules) throws -> AveragingJob {
        var settings = AveragingSettings(
            rounds: rounds, participation: .sampled(share: rules.share, minimum: rules.minimumWorkers),
            minimumWorkers: rules.minimumWorkers, deadline: .seconds(3), seed: 7, largestWeight: 100)
        switch rules.kind {
        case .mean: break
        case .masked:
            settings.masking = MaskingSettings(
                run: "toy", threshold: rules.threshold, fewestWorkers: rules.fewestWorkers)
        case .noisy:
            let noise = NoiseSettings(mechanism: .central, clip: 1, noiseMultiplier: 1, delta: 1e-5)
            settings.privacy = PrivacyBook(noise, ledger: PrivacyLedger()) { _ in }
        }
        let aggregator = try Aggregators.named("mean")
        return try AveragingJob(
            .init(round: disk.round, trained: state), layout: FactorLayout(finding: state) { _ in 2 },
            settings: settings, aggregator: aggregator,
            optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
            work: { _ in WorkOrder(work: Data()) })
    }

    private var inner: AveragingJob {
        get throws {
            guard let inner = open.withLock({ $0.inner }) else {
                throw FederationError(.invalidConfiguration, "no job can be made of \(rules)")
            }
            return inner
        }
    }
    var disk: SimulatedDisk { open.withLock { $0.disk } }
    var round: Int { disk.round }
    var minimumWorkers: Int { (try? inner.minimumWorkers) ?? .max }
    var needsItsWorkers: Bool { (try? inner.needsItsWorkers) ?? false }

    func base() -> StateDict { StateDict([("state", Tensor(integers: [disk.state]))]) }

    func plan(for workers: [WorkerID]) throws -> RoundPlan {
        guard workers.count >= rules.minimumWorkers else {
            throw FederationError(.corruptState, "round \(round) begins with \(workers.count) workers")
        }
        open.withLock { ($0.workers, $0.sums) = ([:], [:]) }
        let plan = try inner.plan(for: workers)
        note(plan.tasks)
        return plan
    }

    func moreTasks(for workers: [WorkerID]) throws -> [PlannedTask] {
        let tasks = try inner.moreTasks(for: workers)
        note(tasks)
        return tasks
    }

    private func note(_ tasks: [PlannedTask]) {
        open.withLock { open in for task in tasks { open.workers[task.id] = task.worker } }
    }

    func leaves(of task: UInt64) -> Range<Int> {
        let leaf = open.withLock { $0.workers[task] }.map { SimulatedWorker.node($0) } ?? 0
        return leaf..<leaf + 1
    }

    func order(for task: UInt64) throws -> WorkOrder {
        _ = try inner.order(for: task)
        return WorkOrder(leaves: leaves(of: task))
    }

    func add(_ contribution: Contribution) throws {
        let value = try contribution.sum()
        if rules.kind != .masked {
            let update = StateDict([("head", Tensor([0.5, -0.5], shape: [2]))])
            try inner.add(
                Contribution(
                    task: contribution.task, worker: contribution.worker, update: update,
                    metrics: ContributionMetrics(loss: 1, examples: 1)))
        }
        try open.withLock { open in
            guard open.sums.updateValue(value, forKey: contribution.worker) == nil else {
                throw FederationError(.corruptState, "\(contribution.worker) was added twice")
            }
        }
    }

    func commit() throws -> RoundReport {
        let report = try rules.kind == .masked ? exchange() : inner.commit()
        guard report.contributions >= rules.fewestContributions else {
            throw FederationError(
                .corruptState, "round \(report.round) is committed with \(report.contributions) contributions")
        }
        try open.withLock { open in
            open.disk.advance(by: open.sums.values.reduce(0, &+))
            if rules.kind == .masked { open.inner = try Self.job(open.disk, rounds, rules) }
        }
        return report
    }

    /// What the exchange of secure aggregation comes to, in which workers may be lost.
    private func exchange() throws -> RoundReport {
        let (asked, left) = open.withLock { open in
            let asked = open.sums.count
            var left = asked
            for _ in 0..<asked where open.random.next().isMultiple(of: 24) { left -= 1 }
            return (asked, left)
        }
        guard asked >= rules.minimumWorkers else {
            throw FederationError(.corruptState, "round \(round) has an exchange of \(asked) workers")
        }
        let needed = max(rules.fewestWorkers, Int((rules.threshold * Double(asked)).rounded(.up)))
        guard left >= needed else { throw FederationError(.roundLost, "\(left) of \(needed) workers are left") }
        return RoundReport(round: round, loss: nil, contributions: left, tokens: 0)
    }

    func snapshot() -> [String: StateDict] { ["state": base()] }
}
