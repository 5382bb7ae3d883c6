import Tensors
import Testing
import Transports

@testable import Federation

@Suite("Any schedule of faults ends with the same result")
struct ScheduleTests {
    private static let (rounds, leaves) = (6, 8)

    /// Faults drawn from a seed: lost, doubled, delayed and reordered messages, crashes of workers and of the coordinator,
    /// partitions, latecomers.
    private func run(seed: UInt64) -> (run: SimulatedRun, isDone: Bool) {
        var random = Tensors.SplitMix64(seed: seed)
        func draw(_ limit: UInt64) -> Int { Int(random.next() % limit) }
        let count = 1 + draw(4)
        var run = SimulatedRun(seed: seed, workers: count, rounds: Self.rounds, leaves: Self.leaves)
        run.network.conditions.loss = Double(draw(4)) / 10
        run.network.conditions.duplication = Double(draw(4)) / 10
        run.network.conditions.delay = .milliseconds(1) ... .milliseconds(1 + draw(400))
        for node in 1...count { run.start(node, at: .milliseconds(draw(4_000))) }
        for _ in 0..<draw(6) {
            let (node, time) = (draw(UInt64(count) + 1), Duration.milliseconds(draw(10_000)))
            run.network.crash(node, at: time)
            run.network.restart(node, at: time + .milliseconds(draw(6_000)))
        }
        for _ in 0..<draw(3) {
            let start = Duration.milliseconds(draw(10_000))
            run.network.partition([draw(UInt64(count) + 1)], during: start..<start + .milliseconds(1 + draw(8_000)))
        }
        let isDone = run.run(until: .seconds(600))
        return (run, isDone)
    }

    @Test("Three thousand seeded schedules all end with the sum that one process computes")
    func allSchedules() {
        let expected = TreeJob.Disk(
            round: Self.rounds, state: TreeJob.expected(rounds: Self.rounds, leafCount: Self.leaves))
        var faults = 0
        for seed in 1...3_000 as ClosedRange<UInt64> {
            let (run, isDone) = run(seed: seed)
            #expect(isDone, "seed \(seed): not done after ten minutes: \(run.coordinator.failure ?? "stuck")")
            #expect(run.coordinator.disk == expected, "seed \(seed)")
            faults += run.coordinator.events.count { if case .fellSilent = $0 { true } else { false } }
            if !isDone { return }
        }
        #expect(faults > 1_000, "the schedules are to be hard")
    }

    @Test("No task is counted twice and no round is committed before its tasks are in, in any schedule")
    func countedOnce() {
        for seed in 5_001...5_300 as ClosedRange<UInt64> {
            let (run, _) = run(seed: seed)
            var counted: Set<TaskKey> = []
            var tasks = 0
            for event in run.coordinator.events {
                switch event {
                case .roundOpened(_, let count):
                    // A restarted coordinator begins the round anew.
                    (tasks, counted) = (count, [])
                case .counted(let key, _, _):
                    #expect(counted.insert(key).inserted, "seed \(seed): \(key) counted twice")
                case .committed(let report):
                    #expect(
                        counted.count == tasks, "seed \(seed): round \(report.round) has \(counted.count) of \(tasks)")
                default: break
                }
            }
        }
    }

    @Test("The same seed gives the same events")
    func repeatable() {
        #expect(run(seed: 42).run.coordinator.events == run(seed: 42).run.coordinator.events)
    }
}
