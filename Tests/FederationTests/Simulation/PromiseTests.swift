import Foundation
import Testing
import Transports

@testable import Federation

@Suite("What a run file promises holds for every round, whoever is started again")
struct PromiseTests {
    private static let rounds = 8

    @Test(
        "No round begins or is committed with fewer workers than the run file allows, however coordinator and workers crash",
        arguments: FederatedJob.Kind.allCases, Schedule.blocks(of: 40, count: 2))
    func crashes(kind: FederatedJob.Kind, seeds: ClosedRange<UInt64>) {
        var restarts = 0
        for seed in seeds {
            var schedule = Schedule(seed: seed)
            let rules = Self.rules(kind, &schedule)
            let workers = rules.minimumWorkers + schedule.draw(3)
            let run = schedule.run(cuttingPowerOf: workers) { disk in
                FederatedJob(disk: disk, rounds: Self.rounds, rules: rules, seed: seed)
            }
            guard schedule.expectEnd(of: run, on: nil) else { return }
            restarts += run.coordinator.restarts
        }
        #expect(restarts > seeds.count, "the schedules are to be hard")
    }

    private static func rules(_ kind: FederatedJob.Kind, _ schedule: inout Schedule) -> FederatedJob.Rules {
        let minimum = kind == .masked ? 3 + schedule.draw(2) : 2 + schedule.draw(3)
        return FederatedJob.Rules(
            kind: kind, minimumWorkers: minimum, share: schedule.pick([1, 0.5]), fewestWorkers: kind == .masked ? 2 : 1)
    }
}

extension Schedule {
    /// Runs in which the coordinator, workers, or all at once lose their power while rounds go on, and come back in any
    /// order.
    mutating func run(
        cuttingPowerOf workers: Int, job: @escaping (SimulatedDisk) -> any SimulatedJob
    ) -> SimulatedRun {
        let conducts = Array(repeating: SimulatedWorker.Conduct.honest, count: workers)
        var run = SimulatedRun(seed: seed, conducts: conducts, job: job)
        run.network.conditions.loss = Double(draw(2)) / 10
        run.network.conditions.delay = .milliseconds(1) ... .milliseconds(1 + draw(100))
        for node in 1...workers { run.start(node, at: .milliseconds(draw(3_000))) }
        for _ in 0..<2 + draw(3) {
            let time = Duration.milliseconds(1_000 + draw(15_000))
            let isTotal = draw(2) == 0
            let nodes = isTotal ? Array(0...workers) : [0] + (1...workers).filter { _ in draw(2) == 0 }
            for node in nodes {
                run.network.crash(node, at: time)
                run.network.restart(node, at: time + .milliseconds(draw(node == 0 ? 2_000 : 12_000)))
            }
        }
        _ = run.run(until: .seconds(900))
        return run
    }
}
