import Foundation
import TestSupport
import Testing

@Suite("A coordinator lets in", .ownThreads, .timeLimit(.minutes(10)))
struct JoiningTests {
    @Test(
        "nobody at addresses that nobody reaches, which it refuses",
        arguments: [["--listen", "inproc://x"], ["--advertise", "inproc://x"], ["--advertise", "foo"]])
    func addresses(_ arguments: [String]) async throws {
        let run = try SharedRun()
        let outcome = try await LoradProcess(
            ["coordinator", "--config", "run.yaml", "--state", "state"] + SharedRun.manyUses + arguments, in: run.path
        ).outcome()
        let words = arguments.joined(separator: " ")
        #expect(outcome.status == 1 && outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test("no worker with another's key or token, with a damaged line, or with less than the line")
    func strangers() async throws {
        let (run, other) = (try SharedRun(), try SharedRun())
        let (coordinator, foreign) = (try run.coordinator(), try other.coordinator())
        let (line, otherLine) = (try await coordinator.joinLine(), try await foreign.joinLine())
        try await foreign.end(by: SIGTERM)
        let (key, token) = (/key=[^&]+/, /token=.+/)
        let otherKey = try #require(otherLine.firstMatch(of: key)).output
        let otherToken = try #require(otherLine.firstMatch(of: token)).output
        let cases: [(name: String, line: String, words: String)] = [
            ("key", line.replacing(key, with: otherKey), "it holds another key than the join line pins"),
            ("token", line.replacing(token, with: otherToken), "its join token is none of this coordinator's"),
            ("damaged", String(line.dropLast()), "the join token is damaged: copy the whole join line again"),
            ("keyless", line.replacing(key, with: ""), "the join line has no key="),
            ("tokenless", String(line.prefix { $0 != "&" }), "its key is not enrolled and its join line has no token="),
            ("plain", line.replacing(key, with: "insecure=1"), "the coordinator takes encrypted connections only"),
        ]
        let refused = try cases.map { (try run.worker($0.line, $0.name), $0.words) }
        for (worker, words) in refused { try await worker.expectFailure(words) }
        let worker = try run.worker(line, "worker")
        try await run.expectEnd(coordinator)
        try await worker.expectSuccess()
    }

    @Test("no new worker after the token's time, but those that came before")
    func expiry() async throws {
        let run = try SharedRun("federation.min_workers=2")
        // Half a minute, within which a busy machine too has started both.
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--token-hours", "0.008")
        let line = try await coordinator.joinLine()
        let expiry = ContinuousClock.now + .seconds(30)
        let early = try run.worker(line, "early")
        _ = try await coordinator.errors(containing: "early has joined")
        try await early.end(by: SIGTERM)
        try await Task.sleep(until: expiry)
        let late = try run.worker(line, "late")
        try await late.expectFailure("its join token has expired; get a new join line")
        let back = try run.worker(line, "early")
        try await coordinator.wait(for: "early again") {
            coordinator.errors.ranges(of: "early has joined").count == 2
        }
        for process in [back, coordinator] { try await process.end(by: SIGTERM) }
    }

    @Test("one worker of a federated run with a line, and the next with the next line, which the join file then holds")
    func oneUse() async throws {
        let run = try SharedRun("federation.mode=federated", "federation.rounds=2", "federation.min_workers=2")
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--token-uses", "1", "--join-file", "join")
        let line = try await coordinator.joinLine()
        let own = ["--data", TinyLlava.data("train"), "--images", TinyLlava.pictures]
        let first = try run.worker(line, "first", arguments: own)
        _ = try await coordinator.errors(containing: "the join line has admitted all the workers that it may")
        let second = try run.worker(line, "second", arguments: own)
        try await second.expectFailure("its join token was used already; get a new join line")
        let next = try String(contentsOfFile: "\(run.path)/join", encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(next != line && coordinator.errors.contains("lorad worker --join '\(next)'"))
        let third = try run.worker(next, "third", arguments: own)
        for process in [coordinator, first, third] { try await process.expectSuccess() }
    }

    @Test("listed keys alone where there is a list")
    func list() async throws {
        let run = try SharedRun()
        let list = URL(filePath: "\(run.path)/keys")
        try Data("# nobody yet\n".utf8).write(to: list)
        let endpoint = try FreePorts.endpoint()
        let closed = try run.coordinator(endpoint, "--keys", "keys")
        let line = try await closed.joinLine()
        let refused = try await run.worker(line, "worker").outcome()
        #expect(refused.status == 1)
        let key = try #require(refused.errors.firstMatch(of: /only listed keys are admitted; give (\S+) to/)).output.1
        try await closed.end(by: SIGTERM)
        try Data("\(key)\n".utf8).write(to: list)
        let open = try run.coordinator(endpoint, "--keys", "keys")
        let stranger = try run.worker(try await open.joinLine(), "stranger")
        try await stranger.expectFailure("only listed keys are admitted; give")
        let worker = try run.worker(line, "worker")
        try await run.expectEnd(open)
        try await worker.expectSuccess()
    }

    @Test("nobody whose key was revoked")
    func revocation() async throws {
        let run = try SharedRun("federation.min_workers=2")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let (first, second) = (try run.worker(line, "first"), try run.worker(line, "second"))
        try await run.reach(3, coordinator)
        // Both stand still, so that the run cannot end before the one is shut out.
        for worker in [first, second] { worker.send(SIGSTOP) }
        let outcome = try await lorad("runs", "revoke", "shared", "first", "--state", "state", in: run.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        first.send(SIGCONT)
        let revoked = try await first.outcome()
        #expect(revoked.status == 1)
        second.send(SIGCONT)
        try await run.expectEnd(coordinator)
        try await second.expectSuccess()
    }

    @Test("nobody to a run that another process serves, that is over, or that began otherwise")
    func otherRuns() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        try await run.coordinator().expectFailure("lorad: ")
        let worker = try run.worker(line, "worker")
        try await run.expectEnd(coordinator)
        try await worker.expectSuccess()
        try await run.coordinator().expectFailure("run shared is finished: give --overwrite to start it again")
        let changed = try run.coordinator("tcp://127.0.0.1:0", "--set", "training.seed=7", "--set", "run=other")
        try await changed.expectFailure("lorad: ")
    }
}
