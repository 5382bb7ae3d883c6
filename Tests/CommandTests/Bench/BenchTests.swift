import Foundation
import Tensors
import TestSupport
import Testing

@testable import lorad

@Suite("lorad bench", .ownThreads, .timeLimit(.minutes(10)))
struct BenchTests {
    @Test("A toy state has the size and the number of tensors that were asked for", arguments: [1, 2, 392])
    func toyStates(tensors: Int) {
        let state = ToyState(byteCount: 2_000_000, tensors: tensors).make()
        #expect(state.count == tensors)
        let bytes = state.entries.reduce(0) { $0 + $1.tensor.byteCount }
        #expect(abs(bytes - 2_000_000) < 20_000)
    }

    @Test("Factors come in pairs, with PEFT's names")
    func names() {
        let names = ToyState(byteCount: 100_000, tensors: 392).make().names
        #expect(names[0] == "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight")
        #expect(names.last == "base_model.model.model.layers.27.mlp.down_proj.lora_B.weight")
    }

    @Test("A toy update moves every element, and leaves what it was made from")
    func updates() {
        let state = ToyState(byteCount: 400, tensors: 2).make()
        let update = state.adding(0.5)
        for (name, tensor) in update.entries {
            #expect(tensor.withFloats { $0.allSatisfy { $0 == 0.5 } })
            #expect(state[name]?.withFloats { $0.allSatisfy { $0 == 0 } } == true)
        }
    }

    @Test("Lists of counts", arguments: ["2,8", "1"])
    func lists(text: String) { #expect(CountList(argument: text)?.description == text) }

    @Test("What is no list of counts", arguments: ["", "2,", "0", "-1", "a", "2;8", "1e3", "99999999"])
    func wrongLists(text: String) { #expect(CountList(argument: text) == nil) }

    @Test("Medians")
    func medians() {
        #expect([3.0, 1, 2].median == 2)
        #expect([4.0, 1, 2, 3].median == 2.5)
        #expect([Double]().median == 0)
    }

    @Test("Draws of noise are timed against what is drawn")
    func sampling() async throws {
        let outcome = try await lorad("bench", "sampling", "--draws", "20000", "--values", "1000", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try report(SamplingBench.Report.self, of: outcome)
        #expect(report.draws.map(\.sampler) == ["central", "discrete_gaussian", "skellam"])
        #expect(report.draws.allSatisfy { $0.meansBySize.count == 4 && $0.mean > 0 })
        #expect(report.sums.allSatisfy { $0.together == 1_000 && $0.meansBySize.isEmpty })
    }

    @Test("Rounds with masks stand beside plain ones")
    func maskedRounds() async throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "bench", "privacy", "--workers", "3", "--size", "1", "--rounds", "3", "--exchanges", "11", "--json",
        ]
        let outcome = try await LoradProcess(arguments, in: folder.path).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try report(PrivacyBench.Report.self, of: outcome)
        // Values take four bytes masked or not, and keys, shares and signatures little beside them.
        #expect(Double(report.masked.received) < 1.1 * Double(report.plain.received))
        let exchange = try #require(report.exchanges.first)
        #expect(exchange.lost == 1 && exchange.sent > 1_000_000 && exchange.sent < 1_020_000)
        #expect(report.noise.count == 3)
    }

    @Test("A small run over loopback tells seconds, memory and bytes")
    func smallRun() async throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "bench", "federation", "--workers", "2", "--sizes", "1", "--tensors", "2", "--rounds", "3", "--simulated",
            "3",
            "--no-kernels", "--json",
        ]
        let outcome = try await LoradProcess(arguments, in: folder.path).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try report(FederationBench.Report.self, of: outcome)
        let cell = try #require(report.cells.first)
        #expect(cell.secondsPerRound > 0)
        #expect(cell.peakResident > cell.residentBefore)
        // Three rounds, two workers: each is sent the state and sends an update of a megabyte.
        #expect((6_000_000..<7_000_000).contains(cell.received))
        #expect((6_000_000..<7_000_000).contains(cell.sent))
        #expect(report.simulated?.workers == 3)
    }

    @Test("Steps with bounded gradients stand beside plain ones over the same rows")
    func clipping() async throws {
        let outcome = try await lorad(
            "bench", "clipping", "--config", "configs/tiny-vqa.yaml", "--steps", "2", "--json")
        let found = try report(ClippingBench.Report.self, of: outcome)
        #expect(found.rows == 4 && found.plainSeconds > 0 && found.clippedSeconds > 0 && found.privateSeconds > 0)
    }

    @Test("Training tells its pace, its memory and the losses of a run")
    func training() async throws {
        let run = try TinyRun("training.max_steps=5")
        let settings = ["--steps", "3", "--warm-up", "2", "--json"]
        let outcome = try await LoradProcess(["bench", "train", "--config", "run.yaml"] + settings, in: run.path)
            .outcome()
        let found = try report(TrainBench.Report.self, of: outcome)
        try await run.train()
        #expect(try found.losses == run.log().compactMap(\.loss))
        #expect(found.secondsPerStep > 0 && found.tokensPerSecond > 0 && found.peakResident > 1 << 20)
    }

    @Test("A profile tells where steps spend their time, and the trace has every operation")
    func profile() async throws {
        let run = try TinyRun()
        let settings = ["--steps", "2", "--warm-up", "1", "--profile", "--trace", "trace.json", "--json"]
        let outcome = try await LoradProcess(["bench", "train", "--config", "run.yaml"] + settings, in: run.path)
            .outcome()
        let found = try #require(try report(TrainBench.Report.self, of: outcome).profile)
        let names = Set(found.work.map(\.name))
        #expect(names.isSuperset(of: ["linear", "linear, backward", "attention", "optimizer", "examples and images"]))
        #expect(abs(found.work.reduce(0) { $0 + $1.share } - 1) < 1e-6)
        #expect(found.operations > 0 && !found.products.isEmpty && found.memory.adapter > 0)
        let trace = try Data(contentsOf: URL(filePath: "\(run.path)/trace.json"))
        let file = try #require(try JSONSerialization.jsonObject(with: trace) as? [String: Any])
        #expect((file["traceEvents"] as? [Any])?.count ?? 0 > found.products.count)
    }

    @Test("Products of steps stand beside the same products alone")
    func kernels() async throws {
        let run = try TinyRun()
        let outcome = try await LoradProcess(
            ["bench", "kernels", "--config", "run.yaml", "--steps", "1", "--warm-up", "1", "--json"], in: run.path
        ).outcome()
        let found = try report(KernelBench.Report.self, of: outcome)
        #expect(!found.products.isEmpty && found.products.allSatisfy { $0.gflopsAlone > 0 && !$0.library.isEmpty })
        #expect(found.secondsOfProductsAlone > 0)
    }

    @Test("Kept features give the losses of the pictures")
    func features() async throws {
        let run = try TinyRun()
        let settings = ["bench", "train", "--config", "run.yaml", "--steps", "2", "--warm-up", "1", "--json"]
        let plain = try await LoradProcess(settings, in: run.path).outcome()
        let kept = try await LoradProcess(settings + ["--set", "data.feature_cache=features"], in: run.path).outcome()
        let losses = try [plain, kept].map { try report(TrainBench.Report.self, of: $0).losses }
        #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 1e-4 * abs($0) })
    }

    private func report<Report: Decodable>(_ type: Report.Type, of outcome: LoradProcess.Outcome) throws -> Report {
        try #require(outcome.status == 0, "\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(outcome.output.utf8))
    }
}
