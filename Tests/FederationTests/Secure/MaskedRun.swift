import Crypto
import Foundation
import Privacy
import Synchronization
import Tensors
import Testing
import Transports

@testable import Federation

/// Rounds of an adapter of a few numbers under secure aggregation, over real sockets.
final class MaskedRun: Sendable {
    /// Moves every number of the state by the same amount.
    struct Mover: LocalTrainer {
        let basis = Data()
        var amount: Float
        var examples: Int
        var before: @Sendable () -> Void = {}
        /// Whether its data is so little that every draw comes to the same.
        var isTiny = false
        let stateByteLimit = 1 << 20

        func perform(_ work: LocalWork) throws -> LocalResult {
            before()
            // A result that has been in a sum is not made again.
            let amount = work.isRepeat && !isTiny ? amount / 2 : amount
            let moved = work.state.entries.map { name, tensor in
                (name, Tensor(tensor.values.map { $0 + amount }, shape: tensor.shape))
            }
            let metrics = ContributionMetrics(loss: Double(amount) * 10, examples: examples, tokens: 5)
            return LocalResult(update: StateDict(moved), metrics: metrics)
        }
    }

    static let shapes = ["m.lora_A.weight": [2, 3], "m.lora_B.weight": [4, 2], "head": [2_034]]
    let served: Served<AveragingJob>
    let reports: SharedReports
    private let threshold: Double

    final class SharedReports: Sendable {
        let all = Mutex<[RoundReport]>([])
    }

    init(
        name: String = "toy", workers: Int, fewest: Int = 3, rounds: Int = 1, threshold: Double = 0.6,
        aggregation: String = "mean",
        patience: Duration = .seconds(2), privacy: PrivacyBook? = nil, bits: Int = 32,
        clip: FixedPoint.Clip = .value(1),
        happened: @escaping @Sendable (CoordinatorEvent) -> Void = { _ in },
        persist: @escaping @Sendable (RoundReport) throws -> Void = { _ in }
    ) throws {
        self.threshold = threshold
        let state = StateDict(
            Self.shapes.sorted { $0.key < $1.key }.map {
                ($0.key, Tensor(Array(repeating: 1, count: $0.value.reduce(1, *)), shape: $0.value))
            })
        var settings = AveragingSettings(
            rounds: rounds, participation: .sampled(share: 1, minimum: 3), minimumWorkers: workers, seed: 3,
            largestWeight: 100)
        settings.masking = MaskingSettings(
            run: name, threshold: threshold, fewestWorkers: fewest, minimumWorkers: privacy == nil ? 0 : workers,
            bits: bits, clip: clip)
        settings.privacy = privacy
        let aggregator = try Aggregators.named(aggregation)
        let reports = SharedReports()
        self.reports = reports
        let job = try AveragingJob(
            .init(trained: state), layout: FactorLayout(finding: state) { _ in 2 }, settings: settings,
            aggregator: aggregator, optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
            work: { _ in WorkOrder(work: Data()) },
            committed: { _, report in
                reports.all.withLock { $0.append(report) }
                return report
            })
        served = try Served(job, patience: patience, happened: happened, persist: persist)
    }

    /// A worker that moves the state by `amount`, with a weight; it goes away where the stage comes.
    func worker(
        _ name: String, moves amount: Float, examples: Int = 1, leavesAt stage: SecureAggregationServer.Stage? = nil,
        threshold: Double? = nil, policy: MaskingPolicy? = nil, watchedBy witness: (any RoundWitness)? = nil,
        isTiny: Bool = false, before: @escaping @Sendable () -> Void = {}
    ) throws -> ServedWorker {
        let left = Mutex(false)
        return try served.work(
            as: name, masking: policy ?? MaskingPolicy(key: .init(), threshold: threshold ?? self.threshold),
            watchedBy: witness, Mover(amount: amount, examples: examples, before: before, isTiny: isTiny)
        ) { runner, event in
            guard case .exchanging(_, stage) = event, !left.withLock({ $0 }) else { return }
            left.withLock { $0 = true }
            runner.stop()
        }
    }

    /// By how much the state has moved, which is the same for all numbers.
    func moved() throws -> Float {
        let values = served.job.state.trained.entries.flatMap { $0.tensor.values }
        let first = try #require(values.first)
        #expect(values.allSatisfy { abs($0 - first) < 1e-5 })
        return first - 1
    }
}
