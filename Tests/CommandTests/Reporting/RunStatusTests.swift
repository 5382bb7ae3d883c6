import Federation
import Foundation
import Testing

@testable import lorad

@Suite("A run's status")
struct RunStatusTests {
    @Test("follows the rounds and knows loss, tokens, speed and the time that is left")
    func rounds() {
        let status = SampleRun.snapshot().status
        #expect(status.phase == .working && status.done == 4 && status.loss == 1.5 && status.tokens == 1600)
        #expect(status.pace.secondsPerRound == 1 && status.pace.tokensPerSecond == 400)
        #expect(status.remaining == 16 && status.share == 0.2)
    }

    @Test("counts results by what became of them")
    func outcomes() {
        var status = SampleRun.status()
        let key = SampleRun.key(0)
        status.take(.counted(key, SampleRun.alpha, ContributionMetrics()), at: .zero)
        status.take(.counted(key, SampleRun.beta, ContributionMetrics()), at: .zero)
        status.take(.late(key, SampleRun.alpha), at: .zero)
        status.take(.refused(key, SampleRun.alpha, reason: "NaN"), at: .zero)
        status.take(.taskFailed(key, SampleRun.alpha, reason: "no memory"), at: .zero)
        #expect(status.outcomes == [.counted: 2, .late: 1, .refused: 1, .failed: 1])
    }

    @Test("knows no time that is left before the first round of this process, nor at the end")
    func remaining() {
        var status = SampleRun.status(done: 18)
        #expect(status.remaining == nil && status.loss == nil)
        status.take(.roundOpened(round: 18, tasks: 1), at: .seconds(5))
        status.take(.committed(SampleRun.report(18)), at: .seconds(7))
        #expect(status.remaining == 2)
        status.take(.committed(SampleRun.report(19)), at: .seconds(9))
        status.take(.finished, at: .seconds(9))
        #expect(status.remaining == nil && status.phase == .finished && status.share == 1)
    }

    @Test("judges the speed by the last twenty rounds")
    func window() {
        var pace = Pace()
        pace.begin(at: .zero)
        pace.add(tokens: 1, at: .seconds(1_000))
        for round in 1...20 { pace.add(tokens: 50, at: .seconds(1_000 + 2 * round)) }
        #expect(pace.secondsPerRound == 2 && pace.tokensPerSecond == 25)
    }

    @Test("is a step's only where every step is a round")
    func unit() {
        var federation = FederationArguments()
        #expect(RunUnit(federation) == .step)
        federation.localSteps = 4
        #expect(RunUnit(federation) == .round)
        federation.localSteps = 1
        federation.mode = .federated
        #expect(RunUnit(federation) == .round)
    }
}

@Suite("A run on a terminal")
struct RunTableTests {
    private func lines(columns: Int, rows: Int = 24, usesColour: Bool = false) -> [String] {
        RunTable(snapshot: SampleRun.snapshot()).lines(
            ProgressStyle(isTerminal: true, usesColour: usesColour, columns: columns, rows: rows))
    }

    @Test("shows its workers, and the run's own figures with a bar")
    func table() {
        let bar = String(repeating: "█", count: 8) + String(repeating: "░", count: 32)
        #expect(
            lines(columns: 122) == [
                "worker  state    task  lanes  tokens/s  counted  late  refused      in     out",
                "alpha   working   45%      4       812        4     0        0  1.2 MB  3.4 MB",
                "beta    silent             2                  3     1        2  600 kB  1.3 MB",
                "\(bar) step 4/20 · loss 1.5000 · 400 tokens/s · 1.8 MB in · 4.7 MB out · 0:16 left",
            ])
    }

    @Test("drops columns where the terminal is narrow")
    func narrow() {
        #expect(lines(columns: 42)[1] == "alpha   working   45%       812        4")
        #expect(lines(columns: 28)[1] == "alpha   working       812")
    }

    @Test("fits the screen, whatever its size", arguments: [1, 3, 5, 6, 24], [1, 10, 33, 79, 80, 200])
    func size(rows: Int, columns: Int) {
        let lines = lines(columns: columns, rows: rows)
        #expect(lines.count <= max(1, rows - 1))
        for line in lines { #expect(line.count < max(2, columns)) }
    }

    @Test("says how many workers there was no room for")
    func hidden() {
        var snapshot = SampleRun.snapshot()
        snapshot.workers += Array(repeating: snapshot.workers[0], count: 30)
        let lines = RunTable(snapshot: snapshot).lines(
            ProgressStyle(isTerminal: true, usesColour: false, columns: 100, rows: 10))
        #expect(lines.count == 9 && lines[7] == "… and 26 more")
    }

    @Test("survives what a worker may claim")
    func claims() {
        var snapshot = SampleRun.snapshot()
        snapshot.workers[0].tokensPerSecond = .infinity
        snapshot.workers[1].tokensPerSecond = 1e300
        snapshot.workers[1].name = "\u{1B}[2Jbeta\n"
        let lines = RunTable(snapshot: snapshot).lines(
            ProgressStyle(isTerminal: true, usesColour: false, columns: 100, rows: 24))
        #expect(lines.count == 4 && !lines.joined().contains("\u{1B}"))
    }

    @Test("uses colours only where it may")
    func colours() {
        #expect(lines(columns: 100, usesColour: true).joined().contains("\u{1B}[32mworking\u{1B}[0m"))
        #expect(!lines(columns: 100).joined().contains("\u{1B}"))
    }

    @Test("says that it waits for workers before the first round")
    func waiting() {
        let snapshot = RunSnapshot(status: SampleRun.status())
        #expect(snapshot.progressText == "step 0/20 · waiting for workers · 0 B in · 0 B out")
    }
}
