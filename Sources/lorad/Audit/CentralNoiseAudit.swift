import Federation
import Foundation
import Privacy
import Tensors
import Transports

/// Noise of the coordinator's for whole workers.
struct CentralNoiseAudit: AuditedMechanism {
    static let name = "gaussian, unit: worker"
    private let run: AveragingAudit

    init(_ settings: AuditSettings) { run = AveragingAudit(settings: settings, clipQuantile: nil) }

    func releases() throws -> [PrivacyRelease] { try [run.settings.centralRelease()] }
    func scores(of included: [Bool]) throws -> [Double] { try run.scores(of: included) }
}

/// The same noise with a clip that follows the median of the updates' norms.
struct QuantileClipAudit: AuditedMechanism {
    static let name = "gaussian, unit: worker, clip_quantile"
    private let run: AveragingAudit

    init(_ settings: AuditSettings) { run = AveragingAudit(settings: settings, clipQuantile: 0.5) }

    func releases() throws -> [PrivacyRelease] { try [run.settings.centralRelease()] }
    func scores(of included: [Bool]) throws -> [Double] { try run.scores(of: included) }
}

/// Rounds of the job that coordinates federated runs.
private struct AveragingAudit {
    let settings: AuditSettings
    let clipQuantile: Double?

    func scores(of included: [Bool]) throws -> [Double] {
        let job = try job()
        let workers = try (0..<settings.canaries).map { try Self.worker($0) }
        for _ in 0..<settings.rounds {
            let base = job.state.trained["canaries"]?.values ?? []
            for task in try job.plan(for: workers).tasks {
                guard let worker = task.worker, let index = Int(worker.description, radix: 16) else { continue }
                let canary = settings.canary(index, isIncluded: included[index])
                try job.add(
                    Contribution(
                        task: task.id, worker: worker, update: Self.state(zip(base, canary).map { $0 + $1 }),
                        metrics: ContributionMetrics(examples: 1)))
            }
            _ = try job.commit()
        }
        return (job.state.trained["canaries"]?.values ?? []).map { Double($0) }
    }

    private func job() throws -> AveragingJob {
        var averaging = AveragingSettings(
            rounds: settings.rounds, participation: .sampled(share: 1, minimum: 1), minimumWorkers: 1, seed: 1)
        let noise = NoiseSettings(
            mechanism: .central, clip: settings.clip, clipQuantile: clipQuantile,
            noiseMultiplier: settings.drawnMultiplier ?? settings.noiseMultiplier, delta: settings.delta)
        averaging.privacy = PrivacyBook(noise, ledger: PrivacyLedger()) { _ in }
        let start = Self.state([Float](repeating: 0, count: settings.canaries))
        let aggregator = try Aggregators.named("mean")
        return try AveragingJob(
            .init(trained: start), layout: FactorLayout(finding: start) { _ in 1 }, settings: averaging,
            aggregator: aggregator, optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
            work: { _ in WorkOrder(work: Data()) })
    }

    private static func state(_ values: [Float]) -> StateDict {
        StateDict([("canaries", Tensor(values, shape: [values.count]))])
    }

    private static func worker(_ index: Int) throws -> WorkerID {
        let digits = String(index, radix: 16)
        guard let worker = WorkerID(String(repeating: "0", count: 32 - digits.count) + digits) else {
            throw CommandError("no worker can be numbered \(index)")
        }
        return worker
    }
}

/// The same noise on the exact sum of masked updates. Masks cancel in the sum, and are left out here.
struct MaskedCentralNoiseAudit: AuditedMechanism {
    static let name = "gaussian, unit: worker, masked"
    private let settings: AuditSettings

    init(_ settings: AuditSettings) { self.settings = settings }

    func releases() throws -> [PrivacyRelease] { try [settings.centralRelease()] }

    func scores(of included: [Bool]) throws -> [Double] {
        let encoding = try FixedPoint(bits: settings.bits, workers: settings.canaries, clip: .norm(settings.clip))
        let noise = try SumNoise(
            noiseMultiplier: settings.drawnMultiplier ?? settings.noiseMultiplier,
            sensitivity: encoding.normBound(dimension: settings.canaries))
        return try settings.maskedScores(
            encode: { try encoding.encode(settings.canary($0, isIncluded: included[$0]), weight: 1) },
            open: { sum in
                let steps = try encoding.steps(of: sum, workers: settings.canaries).steps
                return try noise.noised(steps, step: 1 / encoding.scale)
            })
    }
}
