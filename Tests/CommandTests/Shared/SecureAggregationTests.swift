import Crypto
import Federation
import Foundation
import Privacy
import Synchronization
import Tensors
import TestSupport
import Testing
import Transports

@Suite("A federated run with secure aggregation", .ownThreads, .timeLimit(.minutes(10)))
struct SecureAggregationTests {
    private static let federated = [
        "federation.mode=federated", "federation.rounds=2", "federation.local_steps=2", "federation.worker_timeout=1",
    ]
    private static let masked = "privacy.secure_aggregation.enabled=true"

    private func coordinator(_ run: SharedRun, workers: Int, _ settings: String...) throws -> LoradProcess {
        let all = Self.federated + ["federation.min_workers=\(workers)"] + settings
        return try LoradProcess(
            ["coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--json"]
                + SharedRun.manyUses + all.flatMap { ["--set", $0] }, in: run.path)
    }

    /// The join line, and the workers' parts of the data.
    private func parts(_ run: SharedRun, _ count: Int) throws -> [String] {
        let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: TinyLlava.data("train"))))
        let all = try #require(rows as? [Any])
        return try (0..<count).map { part in
            let file = "\(run.path)/part-\(part).json"
            let rows = all.enumerated().filter { $0.offset % count == part }.map(\.element)
            try JSONSerialization.data(withJSONObject: rows).write(to: URL(filePath: file))
            return file
        }
    }

    private func worker(_ run: SharedRun, _ line: String, _ index: Int, _ data: String) throws -> LoradProcess {
        try run.worker(
            line, "site-\(index)", "--json", "--require-secure-aggregation", "--threshold", "0.6", "--data", data,
            "--images", TinyLlava.pictures)
    }

    @Test("makes the adapter of the plain run, but for rounding")
    func sameAdapter() async throws {
        var adapters: [StateDict] = []
        for isMasked in [true, false] {
            let run = try SharedRun()
            // One round: a second one may take another sign for a gradient of nearly zero, and Adam goes by signs.
            let coordinator = try coordinator(
                run, workers: 3, Self.masked.replacing("true", with: "\(isMasked)"), "federation.rounds=1")
            let line = try await coordinator.joinLineOfJSON()
            let workers = try parts(run, 3).enumerated().map { index, data in
                try run.worker(line, "site-\(index)", "--data", data, "--images", TinyLlava.pictures)
            }
            try await coordinator.expectSuccess()
            for worker in workers { try await worker.expectSuccess() }
            adapters.append(try SafetensorsFile(data: run.adapter(), name: "adapter").stateDict)
        }
        for (name, masked) in adapters[0].entries {
            let plain = try #require(adapters[1][name])
            let largest = zip(masked.values, plain.values).map { abs($0 - $1) }.max() ?? 1
            #expect(largest < 1e-5, "\(name) differs by \(largest)")
        }
    }

    @Test("leaves out a worker that deals what nobody can open, tells why, and ends well")
    func lyingDealer() async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(
            run, workers: 3, Self.masked, "privacy.secure_aggregation.threshold=0.6", "federation.rounds=20",
            "federation.worker_timeout=10")
        let line = try await coordinator.joinLineOfJSON()
        let parts = try parts(run, 4)
        // The same program, but for what it signs when it deals shares.
        let program = "\(run.path)/liar"
        let words = ["worker", "--join", line, "--name", "liar", "--state", "\(run.path)/site-liar", "--lanes", "1"]
        let liar = try LoradProcess(
            words + ["--threshold", "0.6", "--data", parts[3], "--images", TinyLlava.pictures], in: run.path,
            after: "LC_ALL=C sed 's/lorad secure aggregation 1 deal/lorad secure aggregation 1 liar/' "
                + "'\(LoradProcess.binary.path)' >'\(program)'; chmod +x '\(program)'",
            program: program)
        try await coordinator.wait(for: "the liar") { try coordinator.outputSoFar().contains("\"joined\"") }
        let workers = try parts.dropLast().enumerated().map { try worker(run, line, $0, $1) }
        let outcome = try await coordinator.outcome()
        #expect(outcome.status == 0, "\(outcome.errors) \(outcome.output.suffix(2_000))")
        for worker in workers { try await worker.expectSuccess() }
        #expect(outcome.output.split(separator: "\n").count { $0.contains("\"barred\"") } == 1, "\(outcome.output)")
        #expect(outcome.output.split(separator: "\n").count { $0.contains("\"round_committed\"") } == 20)
        let shown = try await LoradProcess(["runs", "show", "shared", "--state", "state"], in: run.path).outcome()
        #expect(shown.output.contains("is excluded from the rest of the run"), "\(shown.output)")
        #expect(try await liar.outcome().status != 0)
    }

    @Test(
        "and shares of noise ends well when a worker is killed in any stage of it",
        arguments: ["training", "shares", "inputs", "consents", "reveals"])
    func killedWorker(_ stage: String) async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(
            run, workers: 4, Self.masked, "privacy.secure_aggregation.threshold=0.6", "federation.rounds=40",
            "federation.worker_timeout=3", "privacy.differential_privacy.enabled=true",
            "privacy.differential_privacy.mechanism=skellam", "privacy.differential_privacy.noise_multiplier=3")
        let line = try await coordinator.joinLineOfJSON()
        let parts = try parts(run, 5)
        let victim = try worker(run, line, 4, parts[4])
        try await coordinator.wait(for: "the first worker") { try coordinator.outputSoFar().contains("\"joined\"") }
        let workers = try parts.dropLast().enumerated().map { try worker(run, line, $0, $1) }
        let sign = stage == "training" ? "\"task_began\"" : "\"stage\": \"\(stage)\""
        try await victim.wait(for: stage) { try victim.outputSoFar().contains(sign) }
        victim.send(SIGKILL)
        let outcome = try await coordinator.outcome()
        #expect(outcome.status == 0, "\(outcome.errors) \(outcome.output.suffix(2_000))")
        for worker in workers { try await worker.expectSuccess() }
        let commits = outcome.output.split(separator: "\n").filter { $0.contains("\"round_committed\"") }
        #expect(commits.count == 40, "\(outcome.output)")
        #expect(commits.last?.contains("\"contributions\": 4") == true)
    }

    @Test("is what a worker may insist on")
    func insisting() async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(run, workers: 1)
        let line = try await coordinator.joinLineOfJSON()
        let worker = try worker(run, line, 0, try parts(run, 1)[0])
        let outcome = try await worker.outcome()
        #expect(outcome.status == 1)
        #expect((outcome.errors + outcome.output).contains("no secure aggregation"), "\(outcome.output)")
        coordinator.send(SIGKILL)
    }

    #if os(Linux)
        @Test("leaves nothing of a worker's update in the coordinator's memory or on its disk")
        func canaries() async throws {
            let run = try SharedRun()
            let coordinator = try coordinator(run, workers: 3, Self.masked)
            let line = try JoinLine(text: try await coordinator.joinLineOfJSON())
            let second = DispatchSemaphore(value: 0)
            let canaries = (0..<3).map { Canary(seed: UInt64($0 + 1), untilSecondRound: second) }
            let runners = try canaries.enumerated().map { index, canary in
                let cache = try BlobCache(folder: "\(run.path)/cache-\(index)", limit: 1 << 24)
                return try WorkerRunner(
                    line, identity: IdentityKey(),
                    machine: .init(name: "canary-\(index)", lanes: 1, arithmetic: "canary", offersData: true),
                    cache: cache, masking: MaskingPolicy(key: .init()), say: { _ in })
            }
            for (runner, canary) in zip(runners, canaries) {
                Thread.detachNewThread {
                    guard let welcome = try? runner.join() else { return }
                    canary.state.withLock { $0.basis = welcome.basis.digest }
                    _ = try? runner.work(welcome, with: canary)
                }
            }
            try await coordinator.wait(for: "the second round") {
                canaries.allSatisfy { $0.state.withLock { $0.rounds == 2 } }
            }
            // The scan finds what is there: the state that the sum led to.
            let known = Set(canaries[0].state.withLock { $0.start })
            let secret = Set(canaries.flatMap { $0.state.withLock { $0.secrets } })
            #expect(!known.isEmpty && secret.count > 3 * known.count)
            let found = try coordinator.memory().map { $0.pairs(among: known.union(secret), step: 4) }
                .reduce(into: Set()) { $0.formUnion($1) }
            let stored = try Data.contents(under: "\(run.path)/state").map { $0.pairs(among: known.union(secret)) }
                .reduce(into: Set()) { $0.formUnion($1) }
            #expect(found == known, "\(found.intersection(secret).count) of \(secret.count) are in memory")
            #expect(stored == known, "\(stored.intersection(secret).count) of \(secret.count) are on the disk")
            coordinator.send(SIGKILL)
            for _ in canaries { second.signal() }
            for runner in runners { runner.stop() }
        }
    #endif
}

/// Moves each number of the state by an amount of its own, and remembers what nobody else may see.
private final class Canary: LocalTrainer {
    struct State {
        var rounds = 0
        var basis = Data()
        /// Pairs of neighbouring numbers: of the second round's state, of updates and of what these differ by.
        var (start, secrets): ([UInt64], [UInt64]) = ([], [])
    }

    let state = Mutex(State())
    let stateByteLimit = 1 << 30
    var basis: Data { state.withLock { $0.basis } }
    private let seed: UInt64
    private let gate: DispatchSemaphore

    init(seed: UInt64, untilSecondRound gate: DispatchSemaphore) {
        self.seed = seed
        self.gate = gate
    }

    func perform(_ work: LocalWork) throws -> LocalResult {
        var random = SeededGenerator(seed: seed)
        let isSecond = state.withLock { state in
            state.rounds += 1
            if state.rounds == 2 { state.start = work.state.entries.map { pair($0.tensor.values) } }
            return state.rounds == 2
        }
        if isSecond { gate.wait() }
        let moved = work.state.entries.map { name, tensor in
            let differences = tensor.values.map { _ in Float.random(in: -0.01...0.01, using: &random) }
            let values = zip(tensor.values, differences).map { $0 + $1 }
            let made = [pair(values), pair(zip(values, tensor.values).map { $0 - $1 })]
            state.withLock { $0.secrets += made }
            return (name, Tensor(values, shape: tensor.shape))
        }
        return LocalResult(update: StateDict(moved), metrics: .init(loss: 1, examples: 7, tokens: 7))
    }
}

private struct SeededGenerator: RandomNumberGenerator {
    var seed: UInt64

    mutating func next() -> UInt64 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return seed ^ (seed >> 29)
    }
}

/// Two neighbouring numbers from the middle, as they lie in memory.
private func pair(_ values: [Float]) -> UInt64 {
    let middle = values.count / 2
    return UInt64(values[middle - 1].bitPattern) | UInt64(values[middle].bitPattern) << 32
}

extension Data {
    /// The pairs that begin somewhere, or at multiples of `step` bytes.
    fileprivate func pairs(among wanted: Set<UInt64>, step: Int = 1) -> Set<UInt64> {
        withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 7, by: step).reduce(into: Set()) { found, offset in
                let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if wanted.contains(value) { found.insert(value) }
            }
        }
    }

    /// All files below a folder.
    fileprivate static func contents(under folder: String) throws -> [Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return names.compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)") }
    }
}
