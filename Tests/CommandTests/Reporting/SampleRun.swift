import Foundation
import Transports

@testable import Federation
@testable import lorad

/// Pieces of a run to report on.
enum SampleRun {
    static let alpha = id(1)
    static let beta = id(2)

    /// A worker's identity.
    static func id(_ number: Int) -> WorkerID {
        guard let id = WorkerID(String(repeating: "0", count: 31) + String(number, radix: 16)) else {
            preconditionFailure("a fingerprint has 32 digits")
        }
        return id
    }

    /// A worker that has just joined.
    static func member(_ name: String, _ id: WorkerID, lanes: Int = 2) -> Member {
        var hello = WireHello()
        hello.name = name
        hello.machine.lanes = UInt32(lanes)
        hello.machine.arithmetic = "oneDNN"
        return Member(id: id, hello: hello, now: .zero)
    }

    /// A run of 20 steps.
    static func status(unit: RunUnit = .step, done: Int = 0, isWithheld: Bool = false) -> RunStatus {
        RunStatus(run: "sample", unit: unit, rounds: 20, done: done, isWithheld: isWithheld)
    }

    static func key(_ round: Int, task: UInt64 = 7) -> TaskKey {
        TaskKey(round: round, id: task, base: Data(repeating: 1, count: 32))
    }

    static func report(_ round: Int, loss: Double = 1.5, tokens: Int = 400) -> RoundReport {
        RoundReport(round: round, loss: loss, contributions: 2, tokens: tokens, values: ["grad_norm": 0.5])
    }

    /// A run with two workers, four rounds of a second into it.
    static func snapshot() -> RunSnapshot {
        var status = status()
        status.take(.roundOpened(round: 0, tasks: 2), at: .zero)
        for round in 0..<4 { status.take(.committed(report(round)), at: .seconds(round + 1)) }
        status.take(.roundOpened(round: 4, tasks: 2), at: .seconds(4))
        return RunSnapshot(
            status: status,
            workers: [
                .init(
                    name: "alpha", fingerprint: alpha.description, state: .working, progress: 0.456, lanes: 4,
                    tokensPerSecond: 812.4, outcomes: [.counted: 4, .late: 0, .refused: 0], received: 1_200_000,
                    sent: 3_400_000),
                .init(
                    name: "beta", fingerprint: beta.description, state: .silent, lanes: 2,
                    outcomes: [.counted: 3, .late: 1, .refused: 2], received: 600_000, sent: 1_300_000),
            ], received: 1_800_000, sent: 4_700_000, refusedRecords: 3, refusedWorkers: 1)
    }
}
