import Federation
import Foundation
import Models
import Privacy
import Tensors
import TestSupport
import Testing
import Training

@testable import lorad

@Suite("A federated run in which each worker protects its own data", .ownThreads, .timeLimit(.minutes(10)))
struct OwnPrivacyTests {
    private static let settings = [
        "federation.mode=federated", "federation.rounds=3", "federation.local_steps=2", "federation.min_workers=2",
        "privacy.differential_privacy.enabled=true", "privacy.differential_privacy.noise_multiplier=2",
    ]

    private struct Figures: Decodable {
        var epsilon: Double
        var unit: String
        var releases: Int
    }

    private func coordinator(_ run: SharedRun, _ settings: String...) throws -> LoradProcess {
        try LoradProcess(
            ["coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--json"]
                + SharedRun.manyUses + (Self.settings + settings).flatMap { ["--set", $0] }, in: run.path)
    }

    /// The bundled rows, of two people each.
    private func data(_ run: SharedRun) throws -> String {
        let all = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: TinyLlava.data("train"))))
        var rows = try #require(all as? [[String: Any]])
        for index in rows.indices { rows[index]["person"] = index / 2 }
        let file = "\(run.path)/people.json"
        try JSONSerialization.data(withJSONObject: rows).write(to: URL(filePath: file))
        return file
    }

    private func ledger(_ run: SharedRun, _ worker: String) async throws -> Figures {
        let outcome = try await lorad(
            "privacy", "ledger", "shared", "--worker", worker, "--state", "\(run.path)/\(worker)", "--json")
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
    }

    @Test("keeps a ledger with each worker, and tells nothing of their losses and counts", arguments: [false, true])
    func ledgers(isMasked: Bool) async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(
            run, "privacy.differential_privacy.unit=person", "privacy.secure_aggregation.enabled=\(isMasked)",
            "privacy.secure_aggregation.fewest_workers=2")
        let line = try await coordinator.joinLineOfJSON()
        let file = try data(run)
        let workers = try ["one", "two"].map {
            try run.worker(
                line, $0, "--data", file, "--images", TinyLlava.pictures, "--require-noise", "--fewest-workers", "2")
        }
        let outcome = try await coordinator.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        for worker in workers { try await worker.expectSuccess() }
        let commits = try outcome.output.events().named("round_committed")
        #expect(commits.count == 3)
        for commit in commits { #expect(commit["loss"]?.doubleValue == nil, "\(commit)") }
        // Neither an event nor the store tells anything that was measured on the workers' data.
        let results = try outcome.output.events().named("result")
        let show = try await lorad("runs", "show", "shared", "--state", "\(run.path)/state", "--json")
        for text in commits.map({ $0.text() }) + results.map({ $0.text() }) + [show.output] {
            for key in ["tokens", "examples", "bytes_in"] { #expect(!text.contains("\"\(key)\":"), "\(text)") }
        }
        #expect(isMasked || results.count == 6)
        for result in results { #expect(result["seconds"] == nil, "\(result)") }
        // Six people, of whom a step takes all: the batch is of eight.
        for name in ["one", "two"] {
            let found = try await ledger(run, name)
            #expect(found.unit == "person" && found.releases == 6)
            let plan = PrivacyPlan(target: try PrivacyTarget(epsilon: 1, delta: 1e-5), sampling: .everybody)
            let expected = try plan.spent(noiseMultiplier: 2, rounds: 6).epsilon
            #expect(abs(found.epsilon - expected) < 1e-9)
        }
        let other = try await lorad("privacy", "ledger", "shared", "--state", "\(run.path)/state")
        #expect(other.status == 1 && other.errors.contains("--worker NAME"), "\(other.errors)")
    }

    @Test(
        "ends for a worker whose own budget does not allow another round, whatever delta the run file names",
        arguments: ["1e-5", "0.99"])
    func budget(delta: String) async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(
            run, "privacy.differential_privacy.unit=example", "federation.min_workers=1",
            "privacy.differential_privacy.delta=\(delta)")
        let worker = try run.worker(
            try await coordinator.joinLineOfJSON(), "site", "--data", try data(run), "--images", TinyLlava.pictures,
            "--max-epsilon", "3")
        let outcome = try await worker.outcome()
        #expect(outcome.status == 0 && outcome.errors.contains("past the target of 3"), "\(outcome.errors)")
        let ended = try await coordinator.outcome()
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try ended.output.events().named("ended_early").count == 1)
        #expect(try ended.output.events().named("adapter_written").count == 1)
        let found = try await ledger(run, "site")
        #expect(found.epsilon <= 3 && found.releases >= 2 && found.releases < 6, "\(found)")
    }

    @Test("is what a worker may insist on")
    func insisting() async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(run, "privacy.differential_privacy.unit=worker")
        let worker = try run.worker(
            try await coordinator.joinLineOfJSON(), "site", "--data", try data(run), "--images", TinyLlava.pictures,
            "--require-noise")
        try await worker.expectFailure("this worker would add no noise")
        coordinator.send(SIGKILL)
    }

    @Test(
        "goes on where pictures cannot be read, which nobody but the worker is told", arguments: ["worker", "example"])
    func damagedPictures(unit: String) async throws {
        let run = try SharedRun()
        let pictures = "\(run.path)/pictures"
        try FileManager.default.copyItem(atPath: TinyLlava.pictures, toPath: pictures)
        for name in ["red-circle.jpg", "yellow-square.jpg"] {
            let file = URL(filePath: "\(pictures)/\(name)")
            let whole = try Data(contentsOf: file)
            try whole.prefix(whole.count * 3 / 4).write(to: file)
        }
        let coordinator = try coordinator(
            run, "privacy.differential_privacy.unit=\(unit)", "federation.min_workers=1")
        let worker = try run.worker(
            try await coordinator.joinLineOfJSON(), "site", "--data", TinyLlava.data("train"), "--images", pictures)
        let outcome = try await worker.outcome()
        let words = unit == "worker" ? "sends an update that changes nothing" : "contributes nothing"
        #expect(outcome.status == 0 && outcome.errors.contains(words), "\(outcome.errors)")
        let ended = try await coordinator.outcome()
        #expect(ended.status == 0, "\(ended.errors)")
        let results = try ended.output.events().named("result")
        #expect(results.map { $0["outcome"]?.stringValue } == ["counted", "counted", "counted"])
        #expect(!(ended.output + ended.errors).contains(".jpg"))
    }

    @Test("does not take part, and names the rows, where all say of nobody whom they are about")
    func nobody() async throws {
        let run = try SharedRun()
        let coordinator = try coordinator(run, "privacy.differential_privacy.unit=person")
        let worker = try run.worker(
            try await coordinator.joinLineOfJSON(), "site", "--data", TinyLlava.data("train"), "--images",
            TinyLlava.pictures)
        try await worker.expectFailure("has no `person`: name the person whom it is about")
        coordinator.send(SIGKILL)
    }

    @Test("takes part though a row cannot be read: it counts as nothing, and only the worker's own log says so")
    func badRow() async throws {
        let run = try SharedRun()
        let rows = try String(contentsOfFile: TinyLlava.data("train"), encoding: .utf8)
        let name = try #require(rows.firstMatch(of: /"image": "([^"]+)"/)).1
        let data = "\(run.path)/rows.json"
        try Data(rows.replacing(name, with: "missing.jpg", maxReplacements: 1).utf8).write(to: URL(filePath: data))
        let coordinator = try coordinator(run, "federation.min_workers=1")
        let worker = try run.worker(
            try await coordinator.joinLineOfJSON(), "site", "--data", data, "--images", TinyLlava.pictures)
        let outcome = try await worker.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("cannot be used and count as nothing"), "\(outcome.errors)")
        let ended = try await coordinator.outcome()
        #expect(ended.status == 0 && !(ended.output + ended.errors).contains("missing.jpg"), "\(ended.errors)")
    }

    @Test("counts --max-epsilon over all runs of a worker, and the run file's target within each")
    func severalRuns() throws {
        let folders = try (0..<2).map { _ in try TemporaryFolder() }
        let ledgers = folders.map { WorkerLedger(in: URL(filePath: $0.path)) }
        let ledger = ledgers[0]
        let release = try PrivacyRelease(.gaussian(noiseMultiplier: 2), adjacency: .zeroOut)
        func releases(
            run: String, _ demand: PrivacyDemand, target: Double? = nil, in ledger: WorkerLedger? = nil
        ) throws -> Int {
            let ledger = ledger ?? ledgers[0]
            var noise = PrivacyArguments.DifferentialPrivacy()
            noise.targetEpsilon = target
            try ledger.open(run: run, unit: .example, limits: demand.limits(in: noise))
            for count in 0..<50 {
                do {
                    try ledger.note(release)
                } catch let error as PrivacyError where error.code == .budgetExceeded {
                    return count
                }
            }
            return 50
        }
        let most = try releases(run: "first", PrivacyDemand(maxEpsilon: 6))
        #expect((2..<50).contains(most))
        #expect(try releases(run: "second", PrivacyDemand(maxEpsilon: 6)) == 0)
        let others = try ledger.epsilonOfOtherRuns(delta: 1e-5)
        #expect(try #require(others) > 5)
        #expect(try releases(run: "third", PrivacyDemand(), target: 6) == most)
        let rest = try releases(run: "fourth", PrivacyDemand(maxEpsilon: 12))
        #expect(try releases(run: "only", PrivacyDemand(maxEpsilon: 12), in: ledgers[1]) == 2 * most + rest && rest > 0)
        #expect(try ledger.totalEpsilon(delta: 1e-5) > 11)
        // Releases that cannot be added up are refused before any work is done.
        try ledger.open(run: "fifth", unit: .example)
        try ledger.note(PrivacyRelease(.gaussian(noiseMultiplier: 2), adjacency: .replaceOne))
        #expect(throws: CommandError.self) { try releases(run: "sixth", PrivacyDemand(maxEpsilon: 50)) }
    }

    @Test("allows a worker as many releases at its own delta, however large the run file's is")
    func ownDelta() throws {
        func releases(_ demand: PrivacyDemand, delta: Double, target: Double? = nil) throws -> Int {
            let folder = try TemporaryFolder()
            let ledger = WorkerLedger(in: URL(filePath: folder.path))
            var noise = PrivacyArguments.DifferentialPrivacy()
            (noise.delta, noise.targetEpsilon) = (delta, target)
            try ledger.open(run: "own", unit: .example, limits: demand.limits(in: noise))
            let release = try PrivacyRelease(.gaussian(noiseMultiplier: 2))
            for count in 0..<50 {
                do {
                    try ledger.note(release)
                } catch let error as PrivacyError where error.code == .budgetExceeded {
                    return count
                }
            }
            return 50
        }
        let demand = PrivacyDemand(maxEpsilon: 6)
        let most = try releases(demand, delta: 1e-5)
        #expect((1..<50).contains(most))
        #expect(try releases(demand, delta: 0.99) == most)
        #expect(try releases(demand, delta: 1e-9) < most)
        #expect(try releases(PrivacyDemand(maxEpsilon: 6, delta: 1e-2), delta: 0.99) > most)
        // The run's own target is counted at the run's delta.
        #expect(try releases(PrivacyDemand(), delta: 1e-5, target: 6) == most)
        #expect(try releases(PrivacyDemand(), delta: 0.99, target: 6) == 50)
    }

    @Test("says whose limit a release would pass: the run file's, the worker's own, or a line of the site's policy")
    func limits() throws {
        let file = try PolicyFile(PolicyFile.example, name: "site.yaml", checksDisk: false)
        var noise = PrivacyArguments.DifferentialPrivacy()
        func refusal(_ demand: PrivacyDemand) throws -> String {
            let folder = try TemporaryFolder()
            let ledger = WorkerLedger(in: URL(filePath: folder.path))
            try ledger.open(run: "own", unit: .example, limits: demand.limits(in: noise, policy: file))
            let release = try PrivacyRelease(.gaussian(noiseMultiplier: 0.5))
            let error = #expect(throws: PrivacyError.self) { try ledger.note(release) }
            return error?.code == .budgetExceeded ? error?.message ?? "" : "another error"
        }
        let policy = PrivacyDemand().tightened(by: file.policy)
        let rule = file.rule("differential_privacy.max_epsilon")
        #expect(rule.hasPrefix("site.yaml:"))
        #expect(try refusal(policy).hasPrefix("\(rule): the release would bring epsilon to "))
        let own = PrivacyDemand(maxEpsilon: 2).tightened(by: file.policy)
        #expect(try refusal(own).hasPrefix("--max-epsilon: the release would bring epsilon to "))
        noise.targetEpsilon = 3
        #expect(try refusal(own).hasPrefix("target_epsilon in the run file: the release would bring epsilon to "))
    }

    @Test(
        "keeps ledgers nowhere else, whatever a coordinator calls its run, and does not mix units or trust damaged files"
    )
    func ledgerFiles() throws {
        let folder = try TemporaryFolder()
        let ledger = WorkerLedger(in: URL(filePath: "\(folder.path)/privacy"))
        for name in ["../elsewhere", "/tmp/elsewhere", ".hidden", "a/b", "", String(repeating: "a", count: 65)] {
            #expect(throws: FederationError.self) { try ledger.open(run: name, unit: .example) }
        }
        #expect(throws: PrivacyError.self) { try ledger.note(PrivacyRelease(.gaussian(noiseMultiplier: 1))) }
        try ledger.open(run: "a", unit: .example)
        try ledger.note(PrivacyRelease(.gaussian(noiseMultiplier: 1)))
        try ledger.open(run: "a", unit: .example)
        #expect(try ledger.epsilon(delta: 1e-5) > 4)
        #expect(throws: CommandError.self) { try ledger.open(run: "a", unit: .person) }
        try Data("{".utf8).write(to: URL(filePath: "\(folder.path)/privacy/a.json"))
        #expect(throws: CommandError.self) { try ledger.open(run: "a", unit: .example) }
        try folder.write("no worker's folder", to: "stray")
        #expect(try WorkerLedger.all(ofRun: "a", in: URL(filePath: folder.path)).isEmpty)
        // A link to a disk that is not mounted is no beginning.
        let link = "\(folder.path)/privacy/b.json"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "\(folder.path)/nowhere")
        #expect(throws: TensorError.self) { try ledger.open(run: "b", unit: .example) }
    }

    private func privacy(rows: Int, population: Int?, noise: Double?) throws -> OwnPrivacy {
        var arguments = PrivacyArguments.DifferentialPrivacy()
        (arguments.enabled, arguments.unit, arguments.clip, arguments.noiseMultiplier) = (true, .example, 0.5, noise)
        (arguments.targetEpsilon, arguments.population) = (4, population)
        let ledger = WorkerLedger(in: URL(filePath: try TemporaryFolder().path))
        return try OwnPrivacy(
            arguments, units: ExampleUnits(rowCount: rows), plannedSteps: 20, unitsPerStep: 16, ledger: ledger, lanes: 1
        )
    }

    @Test(
        "has one noise, sampling rate, divisor and grid whatever the data is, where the run file states the population",
        arguments: [nil, 1.1], [1_000, 12])
    func neighbours(noise: Double?, population: Int) throws {
        let one = try privacy(rows: 999, population: population, noise: noise)
        for rows in [1, 12, 1_000, 50_000] {
            let other = try privacy(rows: rows, population: population, noise: noise)
            #expect(other.noise == one.noise && other.release == one.release)
            #expect(other.divisor == one.divisor && other.grid == one.grid)
        }
        #expect(one.release.adjacency == .addOrRemoveOne && one.divisor == min(16, population))
        #expect(one.release.sampling == (population > 16 ? .poisson(rate: 0.016) : .everybody))
    }

    @Test("takes the number of units as known where the run file states none, and says so")
    func knownCount() throws {
        let own = try privacy(rows: 320, population: nil, noise: 2)
        #expect(own.release.adjacency == .zeroOut && own.release.sampling == .poisson(rate: 0.05))
        #expect(own.words.contains("their number is not hidden"), "\(own.words)")
        #expect(try privacy(rows: 320, population: 320, noise: 2).words.contains("whose number is hidden"))
    }

    @Test("has as much noise as it says, and no more, however many rows there are", arguments: [8, 5_000, 50_000])
    func noise(rows: Int) throws {
        let own = try privacy(rows: rows, population: nil, noise: 0.7)
        #expect(abs(own.noise.deviation * own.grid.step / (0.7 * 0.5) - 1) < 1e-5)
    }

    /// Somebody who knows everything but whether the canary was in a step guesses it from what the step gives away: with
    /// little noise always right, with much hardly better than by a coin, and as good as the noise's deviation says.
    @Test("hides a canary as well as its noise says", arguments: [0.05, 4])
    func canary(noise: Double) throws {
        let folder = try TemporaryFolder()
        let ledger = WorkerLedger(in: URL(filePath: folder.path))
        try ledger.open(run: "canary", unit: .example)
        var arguments = PrivacyArguments.DifferentialPrivacy()
        (arguments.enabled, arguments.unit, arguments.clip, arguments.noiseMultiplier) = (true, .example, 0.5, noise)
        let privacy = try OwnPrivacy(
            arguments, units: ExampleUnits(rowCount: 8), plannedSteps: 1, unitsPerStep: 8, ledger: ledger, lanes: 1)
        let steps = try privacy.steps(1)
        let trials = 1_000
        var (right, scores) = (0, [Double]())
        for trial in 0..<trials {
            let isThere = trial % 2 == 0
            // The canary's gradient has the clip's length and one direction.
            var sum = [Int64](repeating: 0, count: 64)
            if isThere { sum[7] = Int64(privacy.grid.length) }
            let released = try steps.noisy(sum)
            let score = Double(released[7]) / 0.5
            if (score > 0.5) == isThere { right += 1 }
            scores.append(score - (isThere ? 1 : 0))
        }
        // Φ(1/2z), within five deviations of a count of a thousand.
        let expected = 0.5 * erfc(-0.5 / noise / 2.0.squareRoot())
        let slack = 5 * (max(expected * (1 - expected), 1e-4) / Double(trials)).squareRoot()
        #expect(abs(Double(right) / Double(trials) - expected) < slack, "\(right) of \(trials), expected \(expected)")
        let deviation = (scores.reduce(0) { $0 + $1 * $1 } / Double(trials)).squareRoot()
        #expect(abs(deviation / noise - 1) < 5 / (2 * Double(trials)).squareRoot(), "deviation \(deviation)")
    }
}
