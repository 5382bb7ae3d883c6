import Foundation
import TestSupport
import Testing

@Suite("lorad train", .ownThreads, .timeLimit(.minutes(10)))
struct TrainTests {
    @Test("takes the reference's steps from an adapter and leaves all that a run leaves")
    func reference() async throws {
        let run = try TinyRun()
        let outcome = try await run.train()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let expected = try TinyLlava.expected()
        let log = try run.log()
        #expect(log.map(\.step) == Array(1...expected.training.steps))
        #expect(log.compactMap(\.supervisedTokens) == expected.training.supervisedTokens)
        for (entry, loss) in zip(log, expected.training.losses) {
            #expect(isClose(entry.loss ?? 0, loss), "step \(entry.step): \(entry.loss ?? 0), expected \(loss)")
        }
        let trained = try #require(expected.validation["trained"])
        #expect(isClose(try #require(log.last?.evalLoss), trained.loss))
        #expect(log.last?.evalExactMatch == Double(trained.exact) / Double(trained.rows))
        for name in [
            "adapter_config.json", "adapter_model.safetensors", "run.yaml", "loss.svg", "runs", "checkpoints/step-6",
        ] {
            #expect(run.has(name), "\(name) is missing")
        }
    }

    /// Instruction sets by the names of oneDNN and OpenBLAS, as far as this processor has them: OpenBLAS takes any on trust.
    private static let instructionSets: [(oneDNN: String, openBLAS: String)] = {
        let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let all = [
            ("sse4_1", "SSE41", "NEHALEM"), ("avx2", "AVX2", "HASWELL"), ("avx512f", "AVX512_CORE", "SKYLAKEX"),
        ]
        let flags = Set(processor.split(whereSeparator: \.isWhitespace))
        return all.filter { flags.contains(Substring($0.0)) }.map { ($0.1, $0.2) }
    }()

    @Test(
        "takes the reference's steps on lesser processors too, and says once what they lack",
        arguments: instructionSets, ["oneDNN", "openblas"])
    func lesserProcessors(instructions: (oneDNN: String, openBLAS: String), library: String) async throws {
        let limit =
            "export ONEDNN_MAX_CPU_ISA=\(instructions.oneDNN) OPENBLAS_CORETYPE=\(instructions.openBLAS) "
            + "LORAD_MATMUL=\(library)"
        let expected = try TinyLlava.expected().training.losses
        for (precision, tolerance) in [("fp32", 1e-4), ("bf16", 1e-2)] {
            let run = try TinyRun("model.precision=\(precision)")
            let outcome = try await run.train(after: limit)
            #expect(outcome.status == 0, "\(outcome.errors)")
            for (found, loss) in zip(try run.log().compactMap(\.loss), expected) {
                #expect(isClose(found, loss, within: tolerance), "\(precision): \(found), expected \(loss)")
            }
            let notices =
                outcome.errors.components(separatedBy: "this processor has no bfloat16 instructions").count - 1
            #expect(notices == (precision == "bf16" ? 1 : 0), "\(outcome.errors)")
        }
    }

    @Test("writes a run file that leads to the same adapter")
    func resolvedRunFile() async throws {
        let run = try TinyRun(TinyRun.freshAdapter, "data.shuffle=true")
        try await run.train()
        let first = try run.adapter()
        try FileManager.default.copyItem(atPath: "\(run.path)/out/run.yaml", toPath: "\(run.path)/again.yaml")
        let outcome = try await lorad("train", "--config", "again.yaml", "--overwrite", in: run.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try run.adapter() == first)
    }

    @Test("writes the same bytes whatever the number of lanes")
    func lanes() async throws {
        var adapters: [Data] = []
        for lanes in 1...3 {
            let run = try TinyRun(
                TinyRun.freshAdapter, "training.lanes=\(lanes)", "training.per_device_train_batch_size=12",
                "training.gradient_accumulation_steps=2")
            let outcome = try await run.train()
            #expect(outcome.status == 0, "\(outcome.errors)")
            adapters.append(try run.adapter())
        }
        #expect(adapters[1] == adapters[0])
        #expect(adapters[2] == adapters[0])
    }

    @Test("writes the same bytes each time, shuffled and with dropout, and others for another seed")
    func repeatable() async throws {
        var adapters: [Data] = []
        for seed in [1, 1, 2] {
            let run = try TinyRun(TinyRun.freshAdapter, "data.shuffle=true", "training.seed=\(seed)")
            try await run.train()
            adapters.append(try run.adapter())
        }
        #expect(adapters[1] == adapters[0])
        #expect(adapters[2] != adapters[0])
    }

    @Test("replaces what an earlier run left only where it is told to")
    func overwriting() async throws {
        let run = try TinyRun(TinyRun.freshAdapter)
        try await run.train()
        let first = try run.adapter()
        let refused = try await run.train("--set", "training.seed=7")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("/out contains an earlier run"))
        #expect(refused.errors.contains("--overwrite") && refused.errors.contains("--resume"))
        #expect(try run.adapter() == first)
        let replaced = try await run.train("--set", "training.seed=7", "--overwrite")
        #expect(replaced.status == 0, "\(replaced.errors)")
        #expect(try run.adapter() != first)
        #expect(try run.log().count == TinyLlava.expected().training.steps)
    }

    @Test("does not write over an adapter that another program left in the output folder")
    func foreignAdapter() async throws {
        let run = try TinyRun("adapter={ path: out }")
        try FileManager.default.copyItem(atPath: TinyLlava.adapter, toPath: "\(run.path)/out")
        let before = try run.adapter()
        #expect(try await run.train().status == 1)
        #expect(try run.adapter() == before)
    }

    @Test("names an output folder that cannot be made")
    func impossibleOutput() async throws {
        let run = try TinyRun("training.output_dir=run.yaml/out")
        let outcome = try await run.train()
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("run.yaml/out"))
        #expect(outcome.errors.contains("cannot be"), "\(outcome.errors)")
    }

    @Test("writes nothing in a dry run, but says what would train and what memory it takes")
    func dryRun() async throws {
        let run = try TinyRun()
        let outcome = try await run.train("--dry-run")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let expected = try TinyLlava.expected()
        let (trainable, all) = (expected.trainableParameters, expected.allParameters)
        let share = String(format: "%.4f", 100 * Double(trainable) / Double(all))
        let text = (outcome.errors + outcome.output).replacing(",", with: "")
        #expect(text.contains("trainable params: \(trainable) || all params: \(all) || trainable%: \(share)"))
        #expect(outcome.output.contains("memory estimate") && outcome.output.contains("total without mapped weights"))
        #expect(outcome.output.contains("from a stop signal to the saved checkpoint"))
        #expect(outcome.output.contains("for a job: --mem="))
        try await plannedJob(run)
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.path) == ["run.yaml"])
    }

    /// What a dry run tells programs: every part adds up, and a job has room for all.
    private func plannedJob(_ run: TinyRun) async throws {
        struct Needs: Decodable {
            struct Memory: Decodable { var mapped_weights, program, trainable, gradients, activations, own: Int }
            struct Stop: Decodable { var step, evaluation, checkpoint, total: Double }
            struct Job: Decodable { var memory_mebibytes, memory_mebibytes_per_further_worker, notice_seconds: Int }
            var lanes: Int
            var memory_bytes: Memory
            var stop_seconds: Stop
            var job: Job
        }
        let outcome = try await run.train("--dry-run", "--json")
        let needs = try JSONDecoder().decode(Needs.self, from: Data(outcome.output.utf8))
        let (memory, stop) = (needs.memory_bytes, needs.stop_seconds)
        #expect(memory.program + memory.trainable + memory.gradients + memory.activations == memory.own)
        #expect(needs.job.memory_mebibytes << 20 > memory.own + memory.mapped_weights)
        #expect(needs.job.memory_mebibytes >= needs.job.memory_mebibytes_per_further_worker)
        #expect(stop.step > 0 && stop.evaluation > 0 && stop.checkpoint > 0 && needs.lanes > 0)
        #expect(isClose(stop.total, stop.step + stop.evaluation + stop.checkpoint))
        #expect(Double(needs.job.notice_seconds) >= stop.total + 10 && needs.job.notice_seconds % 10 == 0)
    }
}
