import Foundation
import Models
import TestSupport
import Testing

@Suite("lorad runs", .ownThreads, .timeLimit(.minutes(10)))
struct RunsCommandTests {
    @Test("lists and shows a run whose coordinator and worker told of every step")
    func finished() async throws {
        let run = try ReportedRun()
        let coordinator = try run.coordinator()
        let worker = try await run.worker("alpha")
        let (done, left) = (try await coordinator.outcome(), try await worker.outcome())
        #expect(done.status == 0 && left.status == 0, "\(done.errors)\(left.errors)")
        let steps = try TinyLlava.expected().training.steps

        let events = try done.events()
        #expect(events.named("step_committed").compactMap { $0["step"]?.intValue } == Array(1...steps))
        #expect(events.named("joined").first?["name"]?.stringValue == "alpha")
        #expect(events.named("listening").count == 1 && events.named("finished").count == 1)
        #expect(events.last?["event"]?.stringValue == "adapter_written")
        let ended = try left.events().named("task_ended")
        #expect(ended.count == steps && ended.allSatisfy { $0["outcome"]?.stringValue == "counted" })

        let digest = try await run.digest()
        #expect(digest["state"]?.stringValue == "finished" && digest["process"]?.isNull == true)
        #expect(digest["done"]?.intValue == steps && digest["planned"]?.intValue == steps)
        let member = try #require(digest["workers"]?[0])
        #expect(member["name"]?.stringValue == "alpha" && member["counted"]?.intValue == steps)
        #expect(member["public_key"]?.stringValue?.count == 43)
        for (step, loss) in zip(digest["steps"]?.arrayValue ?? [], try TinyLlava.expected().training.losses) {
            #expect(isClose(step["loss"]?.doubleValue ?? 0, loss))
            #expect(step["bytes_in"]?.intValue ?? 0 > 0 && step["bytes_out"]?.intValue ?? 0 > 0)
        }
        let text = try await run.runs("show", "run", "--last", "1").output
        #expect(text.contains("run: distributed, finished") && text.contains("alpha"))
        #expect(try await run.runs("list").output.contains("step \(steps)/\(steps)"))
        #expect(try await run.runs("show", "run", "--config").output.hasPrefix("run: run\n"))
    }

    @Test("counts steps once that were done again after the coordinator was killed")
    func killed() async throws {
        let run = try ReportedRun()
        let first = try run.coordinator("training.max_steps=200")
        let worker = try await run.worker("alpha")
        try await run.reaches(step: 20)
        first.send(SIGKILL)
        _ = try await first.outcome()
        #expect(try await run.digest()["state"]?.stringValue == "interrupted")
        let second = try run.coordinator("training.max_steps=200")
        let (done, left) = (try await second.outcome(), try await worker.outcome())
        #expect(done.status == 0 && left.status == 0, "\(done.errors)\(left.errors)")
        let digest = try await run.digest()
        #expect(digest["steps"]?.arrayValue?.compactMap { $0["step"]?.intValue } == Array(1...200))
        #expect(digest["results"]?.intValue == 200 && digest["workers"]?[0]?["counted"]?.intValue == 200)
    }

    @Test("revoke shuts a worker out of a run that goes on, and it cannot come back")
    func revocation() async throws {
        let run = try ReportedRun()
        let coordinator = try run.coordinator(
            "training.max_steps=1000000", flags: ["--metrics", "127.0.0.1:0"])
        let (alpha, beta) = (try await run.worker("alpha"), try await run.worker("beta"))
        try await eventually { try coordinator.outputSoFar().events().named("joined").count == 2 }
        let revoked = try await run.runs("revoke", "run", "alpha")
        #expect(
            revoked.status == 0 && revoked.output.contains("will disconnect it within seconds"), "\(revoked.errors)")
        let shutOut = try await alpha.outcome()
        // Once the first has ended: beside it, another worker of its name has another key.
        let refused = try await run.worker("alpha").outcome()
        for outcome in [shutOut, refused] {
            #expect(outcome.status == 1 && outcome.errors.contains("was revoked"), "\(outcome.errors)")
        }
        #expect(try await run.runs("revoke", "run", "alpha").output.contains("is already revoked"))
        // The page is of up to a quarter of a second ago.
        try await eventually {
            let page = try metrics(of: coordinator)
            return page.contains("lorad_workers{state=\"excluded\"} 1\n")
                && page.contains("lorad_refused_workers_total ") && !page.contains("lorad_refused_workers_total 0\n")
        }
        coordinator.send(SIGTERM)
        let stopped = try await coordinator.outcome()
        #expect(stopped.status == 75 && stopped.errors.contains("the same command continues from there"))
        let events = try stopped.events()
        #expect(events.named("excluded").first?["reason"]?.stringValue == "its key was revoked")
        #expect(events.named("turned_away").count >= 1 && events.named("stopped").count == 1)
        beta.send(SIGTERM)
        #expect(try await beta.outcome().status == 75)
    }

    private func metrics(of coordinator: LoradProcess) throws -> String {
        let url = try coordinator.outputSoFar().events().named("listening").first?["metrics"]?.stringValue
        let port = try #require(url.flatMap { URL(string: $0)?.port })
        return try TestSocket(port: port).ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }

    @Test("revoke holds for a coordinator that was not running, and for a run begun anew")
    func later() async throws {
        let run = try ReportedRun()
        let first = try run.coordinator()
        let worker = try await run.worker("alpha")
        _ = (try await first.outcome(), try await worker.outcome())
        let fingerprint = try #require(try await run.digest()["workers"]?[0]?["fingerprint"]?.stringValue)
        let revoked = try await run.runs("revoke", "run", String(fingerprint.prefix(5)))
        #expect(revoked.output.contains("it cannot join run run again"), "\(revoked.errors)")
        let second = try run.coordinator(flags: ["--overwrite"])
        let refused = try await run.worker("alpha").outcome()
        #expect(refused.status == 1 && refused.errors.contains("was revoked"), "\(refused.errors)")
        let other = try await run.worker("beta")
        let (done, left) = (try await second.outcome(), try await other.outcome())
        #expect(done.status == 0 && left.status == 0, "\(done.errors)\(left.errors)")
        let workers = try #require(try await run.digest()["workers"]?.arrayValue)
        #expect(workers.map { $0["revoked"]?.boolValue } == [true, false])
        #expect(workers.map { $0["counted"]?.intValue } == [0, try TinyLlava.expected().training.steps])
    }

    @Test("says what there is where it is asked for something else")
    func problems() async throws {
        let folder = try TemporaryFolder()
        for arguments in [["list"], ["show", "x"], ["revoke", "x", "y"]] {
            let outcome = try await LoradProcess(["runs"] + arguments + ["--state", "s"], in: folder.path).outcome()
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("s/runs holds no runs"), "\(outcome.errors)")
        }
    }
}
