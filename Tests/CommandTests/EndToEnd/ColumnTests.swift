import Foundation
import TestSupport
import Testing

@Suite("Rows with columns of other names, from end to end", .ownThreads, .timeLimit(.minutes(10)))
struct ColumnTests {
    private static let columns = "data.columns={image: filepath, question: asked, answer: said, person: patient}"
    private static let option = "image=filepath,question=asked,answer=said,person=patient"

    /// The bundled rows of one question, in LLaVA's form and with columns of other names.
    private func rows() throws -> [(llava: [String: Any], mapped: [String: Any])] {
        let all = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: TinyLlava.data("train"))))
        return try #require(all as? [[String: Any]]).enumerated().compactMap { index, row in
            guard let turns = row["conversations"] as? [[String: String]], turns.count == 2,
                let asked = turns[0]["value"], let said = turns[1]["value"], let image = row["image"] as? String
            else { return nil }
            return (row, ["asked": asked, "said": said, "filepath": image, "patient": index / 2, "answer": "not this"])
        }
    }

    private func write(_ rows: [[String: Any]], to path: String) throws {
        let lines = try rows.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test("Training, alone and shared, makes the adapter of the same rows in LLaVA's form")
    func training() async throws {
        let rows = try rows()
        #expect(rows.count > 2)
        let settings = ["data.train=rows.jsonl", "training.max_steps=4", "training.per_device_train_batch_size=2"]
        let run = try SharedRun(settings[0], settings[1], settings[2], Self.columns)
        try write(rows.map(\.mapped), to: "\(run.path)/rows.jsonl")
        let coordinator = try run.coordinator()
        let worker = try run.worker(try await coordinator.joinLine(), "worker")
        try await coordinator.expectSuccess()
        try await worker.expectSuccess()
        let llava = try SharedRun(settings[0], settings[1], settings[2])
        try write(rows.map(\.llava), to: "\(llava.path)/rows.jsonl")
        let alone = try await llava.train()
        #expect(alone.status == 0, "\(alone.errors)")
        #expect(try run.adapter() == Data(contentsOf: URL(filePath: "\(llava.path)/alone/adapter_model.safetensors")))
    }

    @Test("Parts of a partition train with workers of their own, by the run file's mapping or --columns, by person")
    func federation() async throws {
        let run = try SharedRun()
        try write(try rows().map(\.mapped) + rows().map(\.mapped), to: "\(run.path)/rows.jsonl")
        let partition = try await LoradProcess(
            [
                "partition", "--data", "rows.jsonl", "--columns", Self.option, "--parts", "2", "--by", "dirichlet",
                "--alpha", "100", "--label", "answer", "--output", "parts",
            ], in: run.path
        ).outcome()
        #expect(
            partition.status == 0 && !partition.output.contains("not this"), "\(partition.errors)\(partition.output)")
        let settings = [
            "federation.mode=federated", "federation.rounds=2", "federation.local_steps=1", "federation.min_workers=2",
            "data.train=rows.jsonl", Self.columns, "privacy.differential_privacy.enabled=true",
            "privacy.differential_privacy.noise_multiplier=2", "privacy.differential_privacy.unit=person",
        ]
        let coordinator = try LoradProcess(
            ["coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state"]
                + SharedRun.manyUses
                + settings.flatMap { ["--set", $0] }, in: run.path)
        let line = try await coordinator.joinLine()
        let workers = try [
            run.worker(line, "one", "--data", "parts/part-1.json", "--images", TinyLlava.pictures),
            run.worker(
                line, "two", "--data", "parts/part-2.json", "--images", TinyLlava.pictures, "--columns", Self.option),
        ]
        let outcome = try await coordinator.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        for worker in workers { try await worker.expectSuccess() }
    }

    @Test("eval reads mapped columns and tables, and says which column is missing")
    func eval() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/rows.jsonl"
        try write(try rows().map(\.mapped), to: path)
        let common = ["eval", "--model", TinyLlava.model, "--images", TinyLlava.pictures, "--data", path]
        let found = try await LoradProcess(common + ["--columns", Self.option], in: folder.path).outcome()
        #expect(found.status == 0 && found.errors.contains("question_answer (recognised)"), "\(found.errors)")
        let missing = try await LoradProcess(common + ["--columns", "image=photo"], in: folder.path).outcome()
        #expect(
            missing.status == 1 && missing.errors.contains("no example has the column `photo`"), "\(missing.errors)")
        let unknown = try await LoradProcess(common + ["--columns", "imag=photo"], in: folder.path).outcome()
        #expect(unknown.status != 0 && unknown.errors.contains("did you mean image?"), "\(unknown.errors)")
        let cut = try await LoradProcess(
            common + ["--columns", Self.option, "--on-long", "truncate"], in: folder.path
        ).outcome()
        #expect(cut.status == 1 && cut.errors.contains("is for the captions of CLIP models"), "\(cut.errors)")
    }

    @Test("A CLIP model is evaluated on open_clip's tables, cutting long captions, and on classes in archives")
    func clip() async throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "a red circle ", count: 40)
        let rows = ["filepath\ttitle", "red-circle.jpg\t\(long)", "blue-square.png\ta blue square"]
        try folder.write(rows.joined(separator: "\n"), to: "rows.tsv")
        let common = ["eval", "--model", TinyClip.model, "--images", TinyClip.pictures, "--data", "rows.tsv"]
        let refused = try await LoradProcess(common, in: folder.path).outcome()
        let isTold = refused.errors.contains("more than the 48 that the model allows")
        #expect(refused.status == 1 && isTold, "\(refused.errors)")
        let cut = try await LoradProcess(common + ["--on-long", "truncate"], in: folder.path).outcome()
        #expect(cut.status == 0 && cut.errors.contains("1 caption is longer than"), "\(cut.errors)")
        let classes = try await lorad(
            "eval", "--model", TinyClip.model, "--data",
            "\(TinyLlava.repository)/Tests/Fixtures/data/forms/classes.tar",
            "--classes", folder.write("red\ngreen\nblue\ngold\n", to: "classes.txt"), "--json")
        #expect(classes.status == 0 && classes.output.contains("\"pictures\""), "\(classes.errors)")
    }
}
