import Foundation
import Privacy
import Synchronization
import Tensors
import Testing
import Transports

@testable import Federation

@Suite("Rounds with differential privacy")
struct PrivateRoundTests {
    private static let count = 20_000
    private let workers = (1...4).map { SimulatedWorker.id($0) }

    private func state(_ value: Float) -> StateDict {
        StateDict([("head", Tensor(Array(repeating: value, count: Self.count), shape: [Self.count]))])
    }

    private func book(
        clip: Double = 1, quantile: Double? = nil, noise: Double, target: Double? = nil, spent: [PrivacyRelease] = [],
        record: @escaping @Sendable (PrivacyRelease) throws -> Void = { _ in }
    ) throws -> PrivacyBook {
        var ledger = PrivacyLedger()
        for release in spent { try ledger.append(release) }
        let settings = NoiseSettings(
            mechanism: .central, clip: clip, clipQuantile: quantile, noiseMultiplier: noise, delta: 1e-5,
            targetEpsilon: target)
        return PrivacyBook(settings, ledger: ledger, record: record)
    }

    private func job(
        _ book: PrivacyBook, share: Double = 1, rounds: Int = 3, aggregation: String = "mean",
        refuseNorm: Double? = nil,
        from state: AveragingJob.State? = nil,
        committed: @escaping @Sendable (AveragingJob.State, RoundReport) throws -> RoundReport = { $1 }
    ) throws -> AveragingJob {
        var settings = AveragingSettings(
            rounds: rounds, participation: .sampled(share: share, minimum: 1), minimumWorkers: 1, seed: 3)
        settings.privacy = book
        settings.hardNormBound = refuseNorm
        let aggregator = try Aggregators.named(aggregation)
        return try AveragingJob(
            state ?? .init(trained: self.state(0)), layout: FactorLayout(finding: self.state(0)) { _ in 2 },
            settings: settings,
            aggregator: aggregator, optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
            work: { _ in WorkOrder(work: Data()) }, committed: committed)
    }

    /// Plays a round in which each worker that is asked moves all numbers by `amount`.
    private func play(_ job: AveragingJob, moving amount: Float) throws -> (asked: Int, report: RoundReport) {
        let moved = (job.state.trained["head"]?.values ?? []).map { $0 + amount }
        let update = StateDict([("head", Tensor(moved, shape: [Self.count]))])
        let tasks = try job.plan(for: workers).tasks
        for task in tasks {
            try job.add(
                Contribution(
                    task: task.id, worker: task.worker ?? workers[0], update: update,
                    metrics: ContributionMetrics(loss: 1, examples: 50, tokens: 10, values: ["eval_rows": 3])))
        }
        return (tasks.count, try job.commit())
    }

    private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (mean, (squares / Double(values.count)).squareRoot())
    }

    @Test("move by the mean of clipped updates, each worth the same, with noise of the stated deviation")
    func noise() throws {
        let notes = Mutex(0)
        let job = try job(book(clip: 2, noise: 1.5) { _ in notes.withLock { $0 += 1 } })
        let report = try play(job, moving: 1).report
        let (mean, deviation) = moments(job.state.trained["head"]?.values ?? [])
        // Four vectors of norm 2: 2 / √20000 in each place; noise of 1.5 · 2 in the sum of four.
        #expect(abs(mean - 2 / Double(Self.count).squareRoot()) < 0.03)
        #expect(abs(deviation / (1.5 * 2 / 4) - 1) < 0.03, "\(deviation)")
        #expect(report.loss == nil && report.tokens == 0 && Set(report.values.keys) == ["epsilon"])
        #expect(report.isFinal && notes.withLock { $0 } == 1)
    }

    @Test("clip each update to the bound")
    func clipping() throws {
        let job = try job(book(clip: 3, noise: 0.01))
        _ = try play(job, moving: 500)
        let (mean, _) = moments(job.state.trained["head"]?.values ?? [])
        #expect(abs(mean - 3 / Double(Self.count).squareRoot()) < 2e-3, "\(mean)")
    }

    @Test("let the clip follow the updates' norms, at the same cost, also after a restart")
    func adaptiveClip() throws {
        // Norms of 10, within the first clip for all: it shrinks by e^−0.1 a round, but for noise.
        let step = 10 / Float(Self.count).squareRoot()
        var job = try job(book(clip: 100, quantile: 0.5, noise: 0.5), rounds: 80)
        _ = try play(job, moving: step)
        // Half of the budget's noise counts who is within: deviation 0.5, and z_Δ = (0.5^−2 − (2 · 0.5)^−2)^−½.
        let (_, deviation) = moments(job.state.trained["head"]?.values ?? [])
        #expect(abs(deviation / (100 / 3.0.squareRoot() / 4) - 1) < 0.03, "\(deviation)")
        let first = try #require(job.state.clip)
        #expect(first < 100 && first > 80)
        #expect(job.snapshot()["privacy"]?["clip"]?.values == [Float(first)])
        let state = AveragingJob.State(round: 1, trained: job.state.trained, clip: first)
        let notes = Mutex(0)
        let book = try book(quantile: 0.5, noise: 0.5) { _ in notes.withLock { $0 += 1 } }
        job = try self.job(book, rounds: 80, from: state)
        for _ in 1..<80 { _ = try play(job, moving: step) }
        #expect(notes.withLock { $0 } == 79)
        let last = try #require(job.state.clip)
        #expect(last > 4 && last < 25, "\(last)")
    }

    @Test("end before the budget would be passed")
    func budget() throws {
        let unlimited = try PrivacyPlan(target: PrivacyTarget(epsilon: 1, delta: 1e-5), sampling: .everybody)
        let target = try unlimited.spent(noiseMultiplier: 1, rounds: 2).epsilon + 0.01
        let job = try job(book(noise: 1, target: target), rounds: 10)
        var spent: [Double] = []
        while job.round < job.rounds { spent.append(try play(job, moving: 0.1).report.values["epsilon"] ?? 0) }
        #expect(spent.count == 2 && spent[0] < spent[1] && spent[1] <= target)
        #expect(job.isBudgetSpent)
    }

    @Test("end where the workers' own budgets are spent, with what is done")
    func spentByWorkers() throws {
        let job = try job(book(noise: 1), rounds: 10)
        _ = try play(job, moving: 0.1)
        #expect(job.rounds == 10 && !job.workersHaveBudgets)
        job.endEarly()
        #expect(job.rounds == 1)
    }

    @Test("do not begin where the budget is spent already, as by an earlier run of the same name")
    func spentBudget() throws {
        let release = try PrivacyRelease(.gaussian(noiseMultiplier: 1), count: 5)
        let error = #expect(throws: FederationError.self) {
            _ = try job(book(noise: 1, target: 8, spent: [release]))
        }
        #expect(error?.message.contains("before the first round") == true)
    }

    @Test("note nothing that the budget does not allow, and keep nothing that could not be recorded")
    func book() throws {
        struct Full: Error {}
        let release = try PrivacyRelease(.gaussian(noiseMultiplier: 1))
        let settings = NoiseSettings(
            mechanism: .central, clip: 1, noiseMultiplier: 1, delta: 1e-5, targetEpsilon: 5)
        let recorded = Mutex(0)
        let book = PrivacyBook(settings, ledger: PrivacyLedger()) { _ in recorded.withLock { $0 += 1 } }
        try book.noteAhead(release)
        let spent = try book.epsilon()
        #expect(throws: PrivacyError.self) { try book.noteAhead(release) }
        #expect(recorded.withLock { $0 } == 1)
        #expect(try book.epsilon() == spent)
        let full = PrivacyBook(settings, ledger: PrivacyLedger()) { _ in throw Full() }
        #expect(throws: Full.self) { try full.noteAhead(release) }
        #expect(try full.epsilon() == 0)
    }

    @Test("draw samples by independent coins, and count rounds in which nobody is asked")
    func poisson() throws {
        let job = try job(book(noise: 1), share: 0.3, rounds: 200)
        var sizes: [Int: Int] = [:]
        for _ in 0..<200 { sizes[try play(job, moving: 0.1).asked, default: 0] += 1 }
        // Of 4 coins of 0.3 none falls with a probability of 0.24: below 15 of 200 is one in 10^8.
        #expect(sizes[0] ?? 0 > 15 && sizes[1] ?? 0 > 30 && sizes.count >= 4, "\(sizes)")
        #expect(job.round == 200)
    }

    @Test("count everybody as taking part, for who does is told, and take their number as known")
    func amplification() throws {
        let notes = Mutex<[PrivacyRelease]>([])
        let job = try job(book(noise: 1) { release in notes.withLock { $0.append(release) } }, share: 0.3)
        _ = try play(job, moving: 0.1)
        let release = try #require(notes.withLock { $0.first })
        #expect(release.sampling == .everybody && release.adjacency == .zeroOut)
    }

    @Test("are noted, durably, before the noise is drawn and before anything is evaluated, logged or stored")
    func order() throws {
        let happened = Mutex<[String]>([])
        let job = try job(
            book(noise: 1) { _ in happened.withLock { $0.append("noted") } },
            committed: { _, report in
                happened.withLock { $0.append("evaluated") }
                return report
            })
        _ = try play(job, moving: 0.1)
        #expect(happened.withLock { $0 } == ["noted", "evaluated"])
        struct Full: Error {}
        let full = try self.job(book(noise: 1) { _ in throw Full() })
        #expect(throws: Full.self) { _ = try play(full, moving: 0.1) }
        #expect(full.state.trained["head"]?.values == state(0)["head"]?.values && full.round == 0)
    }

    @Test("weigh every update alike, whatever its worker claims of its rows", arguments: [true, false])
    func weights(isOwn: Bool) throws {
        var settings = AveragingSettings(
            rounds: 1, participation: .sampled(share: 1, minimum: 1), minimumWorkers: 1, seed: 3, largestWeight: 100)
        if isOwn { settings.disclosure = .updatesOnly(examples: 7) }
        let aggregator = try Aggregators.named("mean")
        let job = try AveragingJob(
            .init(trained: state(0)), layout: FactorLayout(finding: state(0)) { _ in 2 }, settings: settings,
            aggregator: aggregator, optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
            work: { _ in WorkOrder(work: Data()) })
        for (index, task) in try job.plan(for: Array(workers.prefix(2))).tasks.enumerated() {
            try job.add(
                Contribution(
                    task: task.id, worker: workers[index], update: state(Float(index)),
                    metrics: ContributionMetrics(
                        loss: 5, examples: index == 0 ? 99 : 1, tokens: 10, values: ["eval_rows": 3])))
        }
        let report = try job.commit()
        let moved = try #require(job.state.trained["head"]?.values.first)
        #expect(abs(moved - (isOwn ? 0.5 : 0.01)) < 1e-6, "\(moved)")
        #expect(report.loss == (isOwn ? nil : 5) && report.tokens == (isOwn ? 0 : 20) && report.values.isEmpty == isOwn)
        #expect(job.workersHaveBudgets == isOwn)
    }

    @Test("refuse no update for its norm, which they hide")
    func refusedNorm() throws {
        let error = #expect(throws: FederationError.self) { _ = try job(book(noise: 1), refuseNorm: 1) }
        #expect(error?.message.contains("refuse_norm") == true)
    }

    @Test(
        "are moved by a worker by exactly its own steps, however many others there are and however large the base's values",
        arguments: [Float(0), 3e4])
    func neighbours(base: Float) throws {
        let settings = NoiseSettings(mechanism: .central, clip: 1, noiseMultiplier: 1, delta: 1e-5)
        var random = SplitMix64(seed: 5)
        let updates = (0..<50).map { index in
            state(0).entries.map {
                (
                    $0.name,
                    Tensor(
                        $0.tensor.values.map { _ in
                            base + Float(random.nextNormal()) * (index % 2 == 0 ? 1 : 1e-4)
                        }, shape: $0.tensor.shape)
                )
            }
        }.map { StateDict($0) }
        func sum(_ updates: [StateDict]) throws -> StepSum {
            var round = AveragingJob.CentralRound(
                noise: try CentralNoise(settings, nil), base: state(base), clip: nil)
            for update in updates { round.add(try round.noise.clipped(update, from: state(base), round.layout)) }
            return round.sum
        }
        let whole = try sum(updates)
        for left in [0, 7, 49] {
            let rest = try sum(updates.enumerated().filter { $0.offset != left }.map(\.element))
            let own = try sum([updates[left]])
            #expect(zip(whole.steps, rest.steps).map { $0 - $1 } == own.steps)
            #expect(Double(own.steps.reduce(0) { $0 + $1 * $1 }).squareRoot() <= own.sensitivity)
            #expect(rest.sensitivity == whole.sensitivity && rest.step == whole.step)
            #expect(own.sensitivity * own.step <= 1)
        }
    }

    @Test(
        "have the coordinator's noise on a masked sum, made for whole numbers that rounding has lengthened",
        arguments: [16, 32])
    func maskedCentral(bits: Int) async throws {
        let settings = NoiseSettings(mechanism: .central, clip: 2, noiseMultiplier: 0.5, delta: 1e-5)
        let run = try MaskedRun(
            workers: 4, threshold: 0.75, privacy: PrivacyBook(settings, ledger: PrivacyLedger()) { _ in }, bits: bits,
            clip: .norm(2))
        run.served.start()
        let workers = try (1...4).map { try run.worker("w\($0)", moves: 1) }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        let values = run.served.job.state.trained.entries.flatMap { $0.tensor.values }
        let (mean, deviation) = moments(values.map { $0 - 1 })
        let encoding = try FixedPoint(bits: bits, workers: 8, clip: .norm(2))
        let bound = encoding.normBound(dimension: values.count) / encoding.scale
        let expected = 0.5 * bound / 4
        let count = Double(values.count)
        #expect(bound > 2 && bound < 2.001, "\(bound)")
        #expect(abs(mean - 2 / count.squareRoot()) < 5 * expected / count.squareRoot(), "\(mean)")
        #expect(abs(deviation / expected - 1) < 4 / count.squareRoot(), "\(deviation), expected \(expected)")
    }

    @Test("are refused with an aggregation that needs more than a sum", arguments: ["flexlora", "coordinate_median"])
    func linearity(_ name: String) throws {
        #expect(throws: FederationError.self) { _ = try job(book(noise: 1), aggregation: name) }
    }

    @Test(
        "have noise of all workers together under secure aggregation, noted before the sum opens",
        arguments: [DistributedNoise.Kind.discreteGaussian, .skellam])
    func distributed(_ kind: DistributedNoise.Kind) async throws {
        let notes = Mutex<[PrivacyRelease]>([])
        let settings = NoiseSettings(mechanism: .distributed(kind), clip: 2, noiseMultiplier: 0.5, delta: 1e-5)
        let book = PrivacyBook(settings, ledger: PrivacyLedger()) { release in notes.withLock { $0.append(release) } }
        let run = try MaskedRun(workers: 4, threshold: 0.75, privacy: book)
        run.served.start()
        let workers = try (1...4).map { try run.worker("w\($0)", moves: 1) }
        try await run.served.end()
        for worker in workers { #expect(try await worker.end().isOver) }
        let values = run.served.job.state.trained.entries.flatMap { $0.tensor.values }
        let (mean, deviation) = moments(values.map { $0 - 1 })
        let count = Double(values.count)
        // Two make it, of the three that a sum has at least one may collude: 0.5 · 2 · √(4/2) in the sum of four.
        let expected = 0.5 * 2 * (4.0 / 2).squareRoot() / 4
        #expect(abs(mean - 2 / count.squareRoot()) < 5 * expected / count.squareRoot(), "\(mean)")
        #expect(abs(deviation / expected - 1) < 4 / count.squareRoot(), "\(deviation), expected \(expected)")
        #expect(notes.withLock { $0.count } == 1)
        let report = try #require(run.reports.all.withLock { $0.first })
        #expect(report.loss == nil && report.values["epsilon"] ?? 0 > 1)
    }
}
