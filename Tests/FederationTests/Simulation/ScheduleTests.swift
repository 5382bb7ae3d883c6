import Foundation
import Tensors
import Testing
import Transports

@testable import Federation

@Suite("Any schedule of faults ends with the same result")
struct ScheduleTests {
    private static let (rounds, leaves) = (4, 8)
    private static let expected = TreeJob.expected(rounds: rounds, leafCount: leaves)

    /// A distributed run with faults drawn from its seed.
    private func run(_ schedule: inout Schedule, cheats: [SimulatedWorker.Conduct] = []) -> SimulatedRun {
        let honest = 1 + schedule.draw(4 - cheats.count)
        return schedule.run(Array(repeating: .honest, count: honest) + cheats, safe: cheats.isEmpty ? [] : [1]) {
            disk in
            TreeJob(disk: disk, rounds: Self.rounds, leafCount: Self.leaves)
        }
    }

    @Test(
        "Lost, doubled and late messages, crashes and partitions change nothing, on 1,600 seeds",
        arguments: Schedule.blocks(of: 200, count: 8))
    func faults(seeds: ClosedRange<UInt64>) {
        var silences = 0
        for seed in seeds {
            var schedule = Schedule(seed: seed)
            let run = run(&schedule)
            guard schedule.expectEnd(of: run, on: Self.expected) else { return }
            silences += run.coordinator.events.count { if case .fellSilent = $0 { true } else { false } }
        }
        #expect(silences > seeds.count / 3, "the schedules are to be hard")
    }

    @Test(
        "Workers that fail, idle, or send updates that are none or not finite change nothing, and are shut out",
        arguments: Schedule.blocks(of: 125, count: 4))
    func cheats(seeds: ClosedRange<UInt64>) {
        var excluded = 0
        for seed in seeds {
            var schedule = Schedule(seed: seed)
            let cheats = (0...schedule.draw(2)).map { _ in schedule.pick(SimulatedWorker.Conduct.cheats) }
            let run = run(&schedule, cheats: cheats)
            guard schedule.expectEnd(of: run, on: Self.expected) else { return }
            excluded += run.coordinator.events.count { if case .excluded = $0 { true } else { false } }
        }
        #expect(excluded > seeds.count / 3, "\(excluded)")
    }

    @Test("A worker alone whose numbers are not finite ends the run, and says where", arguments: [1, 2, 3] as [UInt64])
    func divergence(seed: UInt64) {
        var run = SimulatedRun(seed: seed, conducts: [.notFinite]) { TreeJob(disk: $0, rounds: 2, leafCount: 4) }
        run.start(1, at: .zero)
        let isDone = run.run(until: .seconds(60), attempts: 1)
        #expect(!isDone)
        #expect(run.coordinator.failure?.contains("round 0: the results are not finite") == true)
    }

    @Test("The same seed gives the same events")
    func repeatable() {
        let runs = (0..<2).map { _ in
            var schedule = Schedule(seed: 42)
            return run(&schedule)
        }
        #expect(runs[0].coordinator.events == runs[1].coordinator.events)
    }
}

@Suite("Any schedule of faults, where the data is the workers'")
struct FederatedScheduleTests {
    @Test(
        "Each round is what enough workers sent in time, each once and from the round's state",
        arguments: Schedule.blocks(of: 125, count: 4))
    func rounds(seeds: ClosedRange<UInt64>) {
        var early = 0
        for seed in seeds {
            var schedule = Schedule(seed: seed)
            let (honest, cheats) = (2 + schedule.draw(4), schedule.draw(3))
            let conducts = Array(repeating: SimulatedWorker.Conduct.honest, count: honest)
            let minimum = 1 + schedule.draw(honest)
            let run = schedule.run(conducts + (0..<cheats).map { _ in schedule.pick(SimulatedWorker.Conduct.cheats) }) {
                ClientJob(disk: $0, rounds: 4, minimumWorkers: minimum, deadline: .seconds(3))
            }
            guard schedule.expectEnd(of: run, on: nil) else { return }
            early += run.coordinator.events.count { if case .closedEarly = $0 { true } else { false } }
        }
        #expect(early > seeds.count, "the schedules are to be hard")
    }
}
