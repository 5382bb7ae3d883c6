import Foundation
import Models
import Testing
import Transports

@testable import Federation
@testable import lorad

@Suite("A round's figures")
struct RoundFiguresTests {
    private func traffic(_ workers: [(WorkerID, received: Int, sent: Int)]) -> Traffic.Counts {
        let traffic = Traffic()
        for (worker, received, sent) in workers {
            traffic.received(received, from: worker)
            traffic.sent(sent, to: worker)
        }
        return traffic.counts
    }

    @Test("are those of the round alone, by worker")
    func tally() {
        var tally = RoundTally()
        let (alpha, beta) = (SampleRun.alpha, SampleRun.beta)
        let metrics = ContributionMetrics(examples: 4, tokens: 100, seconds: 0.5)
        tally.take(.roundOpened(round: 0, tasks: 2), at: .seconds(1))
        tally.take(.counted(SampleRun.key(0), alpha, metrics), at: .seconds(2))
        tally.take(.counted(SampleRun.key(0), alpha, metrics), at: .seconds(2))
        tally.take(.refused(SampleRun.key(0), beta, reason: "NaN"), at: .seconds(2))
        let first = tally.close(
            SampleRun.report(0), rounds: 20, traffic: traffic([(alpha, 100, 200), (beta, 10, 20)]), at: .seconds(4))
        #expect(first.seconds == 3 && first.bytesIn == 110 && first.bytesOut == 220 && first.rounds == 20)
        #expect(first.loss == 1.5 && first.tokens == 400 && first.contributions == 2)
        #expect(
            first.workers == [
                alpha.description: .init(
                    counted: 2, examples: 8, tokens: 200, seconds: 1, bytesIn: 100, bytesOut: 200),
                beta.description: .init(refused: 1, bytesIn: 10, bytesOut: 20),
            ])
        tally.take(.roundOpened(round: 1, tasks: 1), at: .seconds(4))
        tally.take(.late(SampleRun.key(0), beta), at: .seconds(5))
        let second = tally.close(
            SampleRun.report(1), rounds: 20, traffic: traffic([(alpha, 100, 200), (beta, 15, 20)]), at: .seconds(6))
        #expect(second.seconds == 2 && second.bytesIn == 5 && second.bytesOut == 0)
        #expect(second.workers == [beta.description: .init(late: 1, bytesIn: 5)])
    }

    @Test("read back as they were written, and leave out what JSON has no word for")
    func json() {
        var figures = RoundFigures(loss: 0.1, tokens: 3, contributions: 1, rounds: 9, seconds: 0.25)
        figures.values = ["grad_norm": 0.7]
        figures.workers = ["f": .init(counted: 1, late: 2, refused: 3, failed: 4, examples: 5, tokens: 6, seconds: 7)]
        #expect(RoundFigures(json: figures.json.text()) == figures)
        var tally = RoundTally()
        var report = SampleRun.report(0)
        report.values["ratio"] = .nan
        #expect(tally.close(report, rounds: 1, traffic: nil, at: .zero).values == ["grad_norm": 0.5])
    }

    @Test(
        "of another release, or damaged ones, are read as far as they go", arguments: ["", "{}", "[1]", "{\"loss\":"])
    func tolerance(text: String) { #expect(RoundFigures(json: text) == RoundFigures()) }

    @Test("add up without overflow, whatever workers claim")
    func sums() {
        var share = RoundFigures.Share(counted: 1, tokens: .max, seconds: 1)
        share += RoundFigures.Share(counted: 2, late: 1, tokens: .max, seconds: 2)
        #expect(share == RoundFigures.Share(counted: 3, late: 1, tokens: .max, seconds: 3))
        var tally = RoundTally()
        let metrics = ContributionMetrics(examples: .max, tokens: .max)
        for _ in 0..<2 { tally.take(.counted(SampleRun.key(0), SampleRun.alpha, metrics), at: .zero) }
        #expect(
            tally.close(SampleRun.report(0), rounds: 1, traffic: nil, at: .zero).workers.values.first?.tokens == .max)
    }
}

@Suite("A run's digest")
struct RunDigestTests {
    private let begun = Date(timeIntervalSince1970: 1_700_000_000)

    private func digest(_ state: RunRecord.State = .running, process: Int32? = nil, steps: Int = 3) -> RunDigest {
        let run = RunRecord(
            name: "sample", created: begun, mode: "distributed", configuration: "run: sample\n", state: state)
        let workers = [SampleRun.alpha, SampleRun.beta].enumerated().map { index, id in
            WorkerRecord(
                fingerprint: id.description, name: ["alpha", "beta"][index], publicKey: Data(),
                machine: "{\"lanes\": 2}", seen: begun)
        }
        let records = (0..<steps).map { step in
            var figures = RoundFigures(loss: 3 - Double(step), tokens: 100, contributions: 2, rounds: 20, seconds: 1)
            (figures.bytesIn, figures.bytesOut) = (1_000, 2_000)
            figures.workers = [
                SampleRun.alpha.description: .init(counted: 2, tokens: 100, bytesIn: 1_000, bytesOut: 2_000)
            ]
            return StepRecord(step: step, time: begun + Double(step), metrics: figures.json.text())
        }
        return RunDigest(run: run, process: process, workers: workers, steps: records)
    }

    @Test("adds up rounds, for the run and for each worker")
    func totals() {
        let digest = digest()
        #expect(digest.done == 3 && digest.plannedRounds == 20)
        #expect(digest.total == .init(counted: 6, tokens: 300, seconds: 3, bytesIn: 3_000, bytesOut: 6_000))
        #expect(digest.workers[0].share == .init(counted: 6, tokens: 300, bytesIn: 3_000, bytesOut: 6_000))
        #expect(digest.workers[1].share == .init())
    }

    @Test("says why a run has failed, and who does not accept whom, once")
    func incidents() {
        let incidents = [
            ("distrusted", "alpha is left out"), ("failed", "the first reason"), ("distrusted", "alpha is left out"),
            ("failed", "the run cannot continue: the loss is not finite"),
        ].map { IncidentRecord(kind: $0, time: Date(timeIntervalSince1970: 0), text: $1) }
        for state in RunRecord.State.allCases {
            let run = RunRecord(
                name: "run", created: Date(timeIntervalSince1970: 0), mode: "federated", configuration: "", state: state
            )
            let digest = RunDigest(run: run, process: nil, workers: [], steps: [], incidents: incidents)
            #expect((digest.failure == "the run cannot continue: the loss is not finite") == (state == .failed))
            #expect((digest.failure == nil) == (state != .failed) && digest.distrusted == ["alpha is left out"])
            let text = digest.text(ProgressStyle(isTerminal: false, usesColour: false, columns: 80), limit: 1)
            #expect(text.contains("the loss is not finite") == (state == .failed) && text.contains("alpha is left out"))
            #expect(digest.json["failure"]?.stringValue == digest.failure)
            #expect(digest.json["distrusted"]?.arrayValue?.count == 1)
        }
    }

    @Test("knows a run that its coordinator left behind")
    func states() {
        #expect(digest().state == "interrupted")
        #expect(digest(process: 12).state == "running")
        #expect(digest(.stopped).state == "stopped" && digest(.finished).state == "finished")
    }

    @Test("in words lists workers and the last rounds")
    func text() {
        let plain = ProgressStyle(isTerminal: false, usesColour: false, columns: 80)
        let lines = digest(process: 12).text(plain, limit: 2).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "sample: distributed, running (process 12), started 2023-11-14T22:13:20Z")
        #expect(lines[1] == "step 3/20 · loss 1.0000 · 6 results · 300 tokens · 3.0 kB in · 6.0 kB out")
        #expect(lines[4].hasPrefix("alpha   000000000000  enrolled        6     0        0     300  3.0 kB  6.0 kB"))
        #expect(lines.count == 10 && lines[8].hasPrefix("   2  2.0000        2     100     1.00  1.0 kB  2.0 kB"))
    }

    @Test("of a run that has not begun is short")
    func fresh() {
        let plain = ProgressStyle(isTerminal: false, usesColour: false, columns: 80)
        let digest = digest(steps: 0)
        #expect(digest.text(plain, limit: 20).contains("\nstep 0 · 0 results · 0 tokens · 0 B in · 0 B out\n"))
        #expect(digest.json["loss"]?.isNull == true && digest.json["planned"]?.isNull == true)
    }

    @Test("for programs has every round, each worker's key, and the run file")
    func json() {
        let json = digest().json
        #expect(json["steps"]?.arrayValue?.count == 3 && json["steps"]?[2]?["step"]?.intValue == 3)
        #expect(json["steps"]?[0]?["workers"]?[SampleRun.alpha.description]?["counted"]?.intValue == 2)
        #expect(json["workers"]?[0]?["machine"]?["lanes"]?.intValue == 2)
        #expect(json["workers"]?[0]?["public_key"]?.isNull == true)
        #expect(json["configuration"]?.stringValue == "run: sample\n" && json["done"]?.intValue == 3)
        #expect(digest().summary["workers"] == nil && digest().summary["bytes_in"]?.intValue == 3_000)
    }

    @Test("in a list is a line")
    func list() {
        #expect(
            TextTable.list(of: [digest(.finished)]).lines()[1]
                == "sample  distributed  finished  step 3/20  1.0000        2  2023-11-14T22:13:20Z")
    }
}

@Suite("The worker that a command means")
struct WorkerChoiceTests {
    private static let workers = [("alpha", "abc1"), ("alpha", "abd2"), ("ab", "cde3"), ("gamma", "abf4")].map {
        WorkerRecord(fingerprint: $0.1, name: $0.0, publicKey: Data(), seen: Date(timeIntervalSince1970: 0))
    }
    private let choice = WorkerChoice(run: "sample", workers: Self.workers)

    @Test(
        "is found by name, fingerprint, or the beginning of one; a name comes first",
        arguments: [("gamma", "abf4"), ("abc1", "abc1"), ("ABD", "abd2"), ("ab", "cde3"), ("c", "cde3")])
    func found(text: String, fingerprint: String) throws {
        #expect(try choice.worker(text).fingerprint == fingerprint)
    }

    @Test("is asked for again where several may be meant", arguments: ["alpha", "a"])
    func several(text: String) {
        let error = #expect(throws: CommandError.self) { try choice.worker(text) }
        #expect(error?.description.contains("\"\(text)\" matches several workers of run sample: alpha abc1, ") == true)
    }

    @Test("is missed with the names of those that there are", arguments: ["delta", ""])
    func none(text: String) {
        let error = #expect(throws: CommandError.self) { try choice.worker(text) }
        #expect(error?.description.contains("these have: alpha abc1, alpha abd2") == true)
        let empty = #expect(throws: CommandError.self) { try WorkerChoice(run: "r", workers: []).worker("x") }
        #expect(empty?.description == "no worker \"x\" has joined run r")
    }
}
