import Foundation
import Tensors
import Testing
import Transports

@testable import Federation

/// Faults drawn from a seed.
struct Schedule {
    let seed: UInt64
    private var random: Tensors.SplitMix64

    init(seed: UInt64) {
        self.seed = seed
        random = Tensors.SplitMix64(seed: seed)
    }

    /// Seeds in blocks, which are run at the same time; the one of LORAD_SEED alone, where it is set.
    static func blocks(of size: UInt64, count: UInt64) -> [ClosedRange<UInt64>] {
        if let seed = ProcessInfo.processInfo.environment["LORAD_SEED"].flatMap(UInt64.init) { return [seed...seed] }
        return (0..<count).map { $0 * size + 1...($0 + 1) * size }
    }

    /// A number below a limit.
    mutating func draw(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[draw(values.count)] }

    /// Runs with lost, doubled, delayed and reordered messages, crashes of workers and of the coordinator, partitions,
    /// latecomers.
    ///
    /// - Parameter safe: workers that neither crash nor are cut off by themselves.
    mutating func run(
        _ conducts: [SimulatedWorker.Conduct], safe: Set<Int> = [],
        job: @escaping (SimulatedDisk) -> any SimulatedJob
    ) -> SimulatedRun {
        var run = SimulatedRun(seed: seed, conducts: conducts, job: job)
        run.network.conditions.loss = Double(draw(4)) / 10
        run.network.conditions.duplication = Double(draw(4)) / 10
        run.network.conditions.delay = .milliseconds(1) ... .milliseconds(1 + draw(400))
        for node in 1...conducts.count { run.start(node, at: .milliseconds(safe.contains(node) ? 0 : draw(4_000))) }
        for _ in 0..<draw(6) {
            let (node, time) = (draw(conducts.count + 1), Duration.milliseconds(draw(10_000)))
            let pause = Duration.milliseconds(draw(6_000))
            guard !safe.contains(node) else { continue }
            run.network.crash(node, at: time)
            run.network.restart(node, at: time + pause)
        }
        for _ in 0..<draw(3) {
            let (node, start) = (draw(conducts.count + 1), Duration.milliseconds(draw(10_000)))
            let length = Duration.milliseconds(1 + draw(8_000))
            guard !safe.contains(node) else { continue }
            run.network.partition([node], during: start..<start + length)
        }
        _ = run.run(until: .seconds(600))
        return run
    }

    /// Expects that a run came to its end, with everything as it must be on the way.
    ///
    /// - Returns: whether it did.
    func expectEnd(of run: SimulatedRun, on disk: SimulatedDisk?) -> Bool {
        let again: Comment = "again: LORAD_SEED=\(seed) swift test --filter Schedule"
        let coordinator = run.coordinator
        let (isFinished, violations) = (coordinator.isFinished, coordinator.ledger.violations)
        #expect(isFinished, "\(coordinator.failure ?? "not done after ten minutes"); \(again)")
        #expect(violations.isEmpty, again)
        let end = coordinator.disk
        if let disk { #expect(end == disk, again) }
        return isFinished && violations.isEmpty
    }
}

extension SimulatedWorker.Conduct {
    /// Those that give no valid result, or not always.
    static let cheats = allCases.filter { $0 != .honest }
}
