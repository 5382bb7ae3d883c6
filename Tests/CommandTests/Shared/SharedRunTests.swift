import Foundation
import Testing

@Suite("A run that workers share ends with the adapter of lorad train, bit for bit")
struct SharedRunTests {
    @Test("with one, two and three workers", arguments: 1...3)
    func workers(count: Int) async throws {
        let run = try SharedRun("federation.min_workers=\(count)")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let workers = try (0..<count).map { _ in try run.worker(line) }
        let reference = try await run.reference()
        try await expectSuccess(coordinator)
        for worker in workers { try await expectSuccess(worker) }
        #expect(try run.adapter() == reference)
    }

    @Test("when a worker joins late")
    func latecomer() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let first = try run.worker(line)
        _ = try await coordinator.errors(containing: "step 3/")
        let late = try run.worker(line)
        try await expectSuccess(coordinator)
        for worker in [first, late] { try await expectSuccess(worker) }
        #expect(try run.adapter() == (try await run.reference()))
    }

    @Test("when a worker is killed in a step")
    func killedWorker() async throws {
        let run = try SharedRun("federation.min_workers=2")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let workers = try (0..<2).map { _ in try run.worker(line) }
        _ = try await coordinator.errors(containing: "step 3/")
        workers[1].send(SIGKILL)
        try await expectSuccess(coordinator)
        try await expectSuccess(workers[0])
        #expect(try run.adapter() == (try await run.reference()))
    }

    @Test("when the coordinator is killed and started again")
    func killedCoordinator() async throws {
        let run = try SharedRun()
        let first = try run.coordinator()
        let line = try await first.joinLine()
        let workers = try (0..<2).map { _ in try run.worker(line) }
        _ = try await first.errors(containing: "step 5/")
        first.send(SIGKILL)
        _ = try await first.outcome()
        let second = try run.coordinator(LoradProcess.endpoint(of: line))
        try await expectSuccess(second)
        for worker in workers { try await expectSuccess(worker) }
        #expect(try run.adapter() == (try await run.reference()))
    }

    @Test("when a worker is stopped past its lease and goes on later")
    func stoppedWorker() async throws {
        let run = try SharedRun("federation.min_workers=2", "federation.worker_timeout=0.5")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let workers = try (0..<2).map { _ in try run.worker(line) }
        _ = try await coordinator.errors(containing: "step 3/")
        workers[1].send(SIGSTOP)
        _ = try await coordinator.errors(containing: "silent")
        workers[1].send(SIGCONT)
        try await expectSuccess(coordinator)
        try await expectSuccess(workers[0])
        #expect(try run.adapter() == (try await run.reference()))
        workers[1].send(SIGKILL)
    }

    @Test("when the coordinator is told to stop, and goes on later")
    func stoppedCoordinator() async throws {
        let run = try SharedRun()
        let first = try run.coordinator()
        let line = try await first.joinLine()
        let worker = try run.worker(line)
        _ = try await first.errors(containing: "step 3/")
        first.send(SIGTERM)
        let outcome = try await first.outcome()
        #expect(outcome.status == 1 && outcome.errors.contains("goes on from there"), "\(outcome.errors)")
        let second = try run.coordinator(LoradProcess.endpoint(of: line))
        try await expectSuccess(second)
        try await expectSuccess(worker)
        #expect(try run.adapter() == (try await run.reference()))
    }

    @Test("over a socket file, by a worker that must fetch the base model")
    func fetchedBase() async throws {
        let run = try SharedRun("training.max_steps=4")
        // A path that leads nowhere from the worker's folder.
        try FileManager.default.createSymbolicLink(atPath: "\(run.path)/base", withDestinationPath: TinyLlava.model)
        let elsewhere = try TemporaryFolder()
        let coordinator = try LoradProcess(
            [
                "coordinator", "--config", "run.yaml", "--listen", "ipc://\(run.path)/socket", "--state", "state",
                "--set",
                "model.path=base", "--set", "training.max_steps=4",
            ], in: run.path)
        let worker = try run.worker(try await coordinator.joinLine(), in: elsewhere.path)
        try await expectSuccess(coordinator)
        let outcome = try await worker.outcome()
        #expect(outcome.status == 0 && outcome.errors.contains("fetching the base model"), "\(outcome.errors)")
        #expect(try run.adapter() == (try await run.reference()))
    }

    private func expectSuccess(_ process: LoradProcess) async throws {
        let outcome = try await process.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}

@Suite("Who may join")
struct JoiningTests {
    @Test("A worker with the wrong key, a wrong token or another base model is told so")
    func refusals() async throws {
        let run = try SharedRun("training.max_steps=2")
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let token = String(line[(try #require(line.range(of: "&token="))).lowerBound...])
        let other = try run.coordinator("tcp://127.0.0.1:0", "--set", "run=other", "--set", "training.output_dir=other")
        let otherLine = try await other.joinLine()
        let otherToken = String(otherLine[(try #require(otherLine.range(of: "&token="))).lowerBound...])
        let badToken = try await run.worker(line.replacingOccurrences(of: token, with: otherToken)).outcome()
        #expect(badToken.status == 1 && badToken.errors.contains("join token"), "\(badToken.errors)")
        let noToken = try await run.worker(line.replacingOccurrences(of: token, with: "")).outcome()
        #expect(noToken.status == 1 && noToken.errors.contains("no token"), "\(noToken.errors)")
        let adapter = try await run.worker(line, "--model", TinyLlava.adapter).outcome()
        #expect(adapter.status == 1 && adapter.errors.contains("is not the run's base model"), "\(adapter.errors)")
        let noKey = try await run.worker("\(LoradProcess.endpoint(of: line))?token=abc").outcome()
        #expect(noKey.status == 1 && noKey.errors.contains("key"), "\(noKey.errors)")
        let worker = try await run.worker(line).outcome()
        #expect(worker.status == 0, "\(worker.errors)")
        #expect(try await coordinator.outcome().status == 0)
        other.send(SIGKILL)
    }

    @Test("A run that was begun with another configuration, or is finished, is not gone on with")
    func otherConfiguration() async throws {
        let run = try SharedRun("training.max_steps=2")
        let coordinator = try run.coordinator()
        let worker = try run.worker(try await coordinator.joinLine())
        #expect(try await coordinator.outcome().status == 0)
        #expect(try await worker.outcome().status == 0)
        let again = try await run.coordinator().outcome()
        #expect(again.status == 1 && again.errors.contains("is finished"), "\(again.errors)")
    }
}

@Suite("A federated run")
struct FederatedRunTests {
    private static let rounds = ["federation.mode=federated", "federation.rounds=3", "federation.local_steps=2"]

    /// Runs three rounds of two workers with a half of the rows each.
    ///
    /// - Returns: the coordinator's output, and the run.
    private func federate(_ settings: String...) async throws -> (outcome: LoradProcess.Outcome, run: SharedRun) {
        let run = try SharedRun()
        let arguments = (Self.rounds + settings + ["federation.min_workers=2"]).flatMap { ["--set", $0] }
        let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: TinyLlava.data("train"))))
        let all = try #require(rows as? [Any])
        let coordinator = try LoradProcess(
            [
                "coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--set",
                "data.validation=\(TinyLlava.data("val"))",
            ] + arguments, in: run.path)
        let line = try await coordinator.joinLine()
        let workers = try (0..<2).map { part in
            let file = "\(run.path)/part-\(part).json"
            let half = all.enumerated().filter { $0.offset % 2 == part }.map(\.element)
            try JSONSerialization.data(withJSONObject: half).write(to: URL(filePath: file))
            return try run.worker(
                line, "--data", file, "--images", TinyLlava.pictures, "--name", "site-\(part)")
        }
        let outcome = try await coordinator.outcome()
        for worker in workers {
            let end = try await worker.outcome()
            #expect(end.status == 0, "\(end.errors)")
        }
        return (outcome, run)
    }

    @Test(
        "learns from both, and what it writes is what it evaluated",
        arguments: ["mean", "ffa_lora", "flora", "flexlora", "fedex_lora"])
    func aggregations(_ name: String) async throws {
        let (outcome, run) = try await federate("federation.aggregation=\(name)")
        try #require(outcome.status == 0, "\(outcome.errors)")
        let log = try String(contentsOf: URL(filePath: "\(run.path)/out/trainer_log.jsonl"), encoding: .utf8)
        let last = try #require(log.split(separator: "\n").last.map { Data($0.utf8) })
        struct Record: Decodable { var eval_loss: Double }
        let logged = try JSONDecoder().decode(Record.self, from: last).eval_loss
        let evaluation = try await lorad(
            "eval", "--model", TinyLlava.model, "--adapter", "\(run.path)/out", "--data", TinyLlava.data("val"),
            "--images", TinyLlava.pictures, "--json")
        struct Report: Decodable { var loss: Double }
        let found = try JSONDecoder().decode(Report.self, from: Data(evaluation.output.utf8)).loss
        #expect(isClose(found, logged, within: 1e-5), "written \(found), evaluated \(logged)")
    }

    @Test("gives the same adapter when it is run again")
    func repeatable() async throws {
        let (first, one) = try await federate()
        let (second, other) = try await federate()
        #expect(first.status == 0 && second.status == 0)
        // Names, not keys, seed the workers' own randomness; which of the two is sampled first differs by key.
        #expect(try one.adapter() == other.adapter())
    }

    @Test("turns a worker without data away with advice")
    func noData() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--set", "federation.mode=federated")
        let worker = try await run.worker(try await coordinator.joinLine()).outcome()
        #expect(worker.status == 1 && worker.errors.contains("--data"), "\(worker.errors)")
        coordinator.send(SIGKILL)
    }
}
