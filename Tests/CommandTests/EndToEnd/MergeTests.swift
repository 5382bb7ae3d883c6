import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite("lorad merge", .ownThreads, .timeLimit(.minutes(10)))
struct MergeCommandTests {
    private let folder: TemporaryFolder
    private var output: String { "\(folder.path)/merged" }

    init() throws { folder = try TemporaryFolder() }

    private func merge(_ arguments: String...) async throws -> LoradProcess.Outcome {
        let common = ["merge", "--model", TinyLlava.model, "--adapter", TinyLlava.adapter, "--output", output]
        return try await LoradProcess(common + arguments, in: TinyLlava.repository).outcome()
    }

    @Test("writes a folder that other commands take for a model, and says how close it is")
    func folderOfItsOwn() async throws {
        let outcome = try await merge("--dtype", "float32", "--max-shard-size", "50KB")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.output.contains("logits differ from those of the adapter by at most")
                && outcome.output.contains(output))
        let names = try FileManager.default.contentsOfDirectory(atPath: output)
        #expect(names.contains("model.safetensors.index.json") && names.contains("tokenizer.json"))
        let options = ["--data", TinyLlava.data("val"), "--images", TinyLlava.pictures, "--json"]
        let merged = try await LoradProcess(["eval", "--model", output] + options, in: TinyLlava.repository).outcome()
        let adapted = try await LoradProcess(
            ["eval", "--model", TinyLlava.model, "--adapter", TinyLlava.adapter] + options, in: TinyLlava.repository
        ).outcome()
        let loss = { (outcome: LoradProcess.Outcome) throws -> Double in
            struct Report: Decodable { var loss: Double }
            return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)).loss
        }
        #expect(abs(try loss(merged) - loss(adapted)) < 1e-5)
    }

    @Test("refuses to write over something")
    func occupied() async throws {
        try folder.write("x", to: "merged/file")
        let outcome = try await merge()
        #expect(outcome.status == 1 && outcome.errors.contains("is not empty"))
    }

    @Test("refuses another base than the adapter's, unless told otherwise")
    func wrongBase() async throws {
        let run = try TinyRun()
        try await run.train()
        let other = "\(folder.path)/other"
        try FileManager.default.copyItem(atPath: TinyLlava.model, toPath: other)
        let path = "\(other)/model.safetensors"
        var state = StateDict(try SafetensorsFile(path: path).stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        let name = try #require(state.names.first)
        state[name] = state[name].map { Tensor(zeros: $0.shape).converted(to: $0.dtype) }
        try state.write(to: path)
        let arguments = ["merge", "--model", other, "--adapter", "\(run.path)/out", "--output", output]
        let refused = try await LoradProcess(arguments, in: TinyLlava.repository).outcome()
        #expect(refused.status == 1 && refused.errors.contains("was trained on a model with the fingerprint"))
        #expect(refused.errors.contains("--any-base"))
        #expect(!FileManager.default.fileExists(atPath: output))
        let forced = try await LoradProcess(arguments + ["--any-base"], in: TinyLlava.repository).outcome()
        #expect(forced.status == 0, "\(forced.errors)")
        let measured = try await lorad(
            "eval", "--model", other, "--adapter", "\(run.path)/out", "--data", TinyLlava.data("val"), "--images",
            TinyLlava.pictures)
        #expect(
            measured.status == 0 && measured.errors.contains("warning: \(run.path)/out was trained on a model with"))
    }
}
