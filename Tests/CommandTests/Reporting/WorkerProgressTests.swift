import Federation
import Foundation
import Models
import Testing

@testable import lorad

@Suite("A worker's progress")
struct WorkerProgressTests {
    private let metrics = ContributionMetrics(examples: 16, tokens: 812, seconds: 0.5)

    private func done(
        _ round: Int, _ outcome: WorkerEvent.Outcome, reason: String = "", in progress: inout WorkerProgress
    ) -> Announcement? {
        let key = SampleRun.key(round)
        _ = progress.take(.began(key))
        _ = progress.take(.performed(key, metrics, updateBytes: 45_000))
        return progress.take(.ended(key, outcome, reason: reason))
    }

    @Test("is a line for each task that counts, as often as the run logs, and for each that does not")
    func lines() {
        var progress = WorkerProgress(unit: .step, loggingSteps: 2)
        #expect(done(0, .counted, in: &progress)?.text == nil)
        #expect(
            done(1, .counted, in: &progress)?.text
                == "step 2 · 16 examples, 812 tokens in 0.50 s, 45 kB sent · counted")
        let late = done(2, .late, reason: "the round has gone on", in: &progress)
        #expect(
            late?.text == "step 3 · 16 examples, 812 tokens in 0.50 s, 45 kB sent · late: the round has gone on")
        #expect(late?.isProgress == false)
        var rounds = WorkerProgress(unit: .round, loggingSteps: 100)
        #expect(done(0, .counted, in: &rounds)?.text?.hasPrefix("round 1 · ") == true)
    }

    @Test("of a task that failed says why")
    func failure() {
        var progress = WorkerProgress(unit: .round, loggingSteps: 1)
        _ = progress.take(.began(SampleRun.key(4)))
        let told = progress.take(.ended(SampleRun.key(4), .failed, reason: "no\nmemory"))
        #expect(told?.text == "round 5 · failed: no memory")
    }

    @Test("is told to programs task by task")
    func json() throws {
        var progress = WorkerProgress(unit: .step, loggingSteps: 10)
        #expect(progress.take(.began(SampleRun.key(0)))?.event == "task_began")
        let told = try #require(done(0, .counted, in: &progress))
        let json = try JSONValue(parsing: Data(told.json(at: Date()).utf8), file: "event")
        #expect(json["event"]?.stringValue == "task_ended" && json["outcome"]?.stringValue == "counted")
        #expect(json["step"]?.intValue == 1 && json["tokens"]?.intValue == 812)
        #expect(json["update_bytes"]?.intValue == 45_000 && json["reason"] == nil)
    }

    @Test("is a bar over the task at hand")
    func bar() {
        var progress = WorkerProgress(unit: .step, loggingSteps: 1)
        #expect(progress.bar == ProgressBar(share: 0, text: "waiting for work · 0 counted · 0 B sent"))
        _ = done(0, .counted, in: &progress)
        _ = progress.take(.began(SampleRun.key(1)))
        _ = progress.take(.progressed(0.25))
        #expect(
            progress.bar
                == ProgressBar(share: 0.25, text: "step 2 · 25% · 1 counted · 1624 tokens/s · 45 kB sent"))
    }
}
