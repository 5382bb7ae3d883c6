import Foundation
import TestSupport
import Testing

@Suite("Data of other formats, and data with faults", .ownThreads, .timeLimit(.minutes(10)))
struct DataTests {
    private static let fixtures = "\(TinyLlava.repository)/Tests/Fixtures/data"

    @Test(
        "A shared run makes the adapter of lorad train, wherever its pictures lie",
        arguments: ["archives", "messages.jsonl", "captions"])
    func shared(name: String) async throws {
        let run = try SharedRun(
            "data.train=\(Self.fixtures)/\(name)", "data.images=\(Self.fixtures)", "training.max_steps=5",
            "training.per_device_train_batch_size=3")
        let coordinator = try run.coordinator()
        let worker = try run.worker(try await coordinator.joinLine(), "worker")
        try await coordinator.expectSuccess()
        try await worker.expectSuccess()
        let alone = try await run.train()
        #expect(alone.status == 0, "\(alone.errors)")
        #expect(alone.errors.contains("(recognised)"))
        #expect(try run.adapter() == Data(contentsOf: URL(filePath: "\(run.path)/alone/adapter_model.safetensors")))
    }

    @Test("lorad eval reads every format, and says which it took")
    func eval() async throws {
        for (name, format) in [
            ("archives", "webdataset"), ("messages.jsonl", "messages"), ("captions", "image_caption"),
        ] {
            let outcome = try await lorad(
                "eval", "--model", TinyLlava.model, "--data", "\(Self.fixtures)/\(name)", "--images", Self.fixtures)
            #expect(
                outcome.status == 0 && outcome.errors.contains("examples, \(format) (recognised)"), "\(outcome.errors)")
        }
    }

    /// The rows of the tiny data, one a line.
    private func rows() throws -> [String] {
        let data = try Data(contentsOf: URL(filePath: TinyLlava.data("train")))
        let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [Any])
        return try rows.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
    }

    @Test("--skip-bad-rows trains on the good rows as if the others were not there, and names those")
    func skipping() async throws {
        let good = try rows()
        let bad = (0..<11).map { #"{"id": "bad-\#($0)", "image": "none.png", "conversations": []}"# } + ["{"]
        let mixed = zip(good, bad).flatMap { [$1, $0] } + good.dropFirst(bad.count) + bad.dropFirst(good.count)
        var adapters: [Data] = []
        for lines in [good, mixed] {
            let run = try TinyRun(TinyRun.freshAdapter, "data.shuffle=true", "data.train=rows.jsonl")
            try lines.joined(separator: "\n").write(toFile: "\(run.path)/rows.jsonl", atomically: true, encoding: .utf8)
            let outcome = try await run.train("--skip-bad-rows")
            #expect(outcome.status == 0, "\(outcome.errors)")
            adapters.append(try run.adapter())
            guard lines.count > good.count else {
                #expect(!run.has("skipped_rows.jsonl"))
                continue
            }
            #expect(
                outcome.errors.contains("rows.jsonl: 12 of \(mixed.count) examples cannot be used and are skipped:"))
            #expect(outcome.errors.contains("example 0 (id bad-0, line 1): has no question and answer"))
            #expect(outcome.errors.contains("… and 2 more") && !outcome.errors.contains("bad-10"))
            let listed = try run.contents(of: "skipped_rows.jsonl").split(separator: UInt8(ascii: "\n"))
            #expect(listed.count == 12)
            struct Entry: Decodable {
                var dataset: String
                var row: Int
                var line: Int
                var reason: String
            }
            let last = try JSONDecoder().decode(Entry.self, from: Data(try #require(listed.last)))
            #expect(last.dataset == "rows.jsonl" && last.line == last.row + 1 && last.reason.contains("not valid JSON"))
            let refused = try await run.train("--overwrite")
            #expect(refused.status == 1 && refused.errors.contains("--skip-bad-rows"), "\(refused.errors)")
        }
        #expect(adapters[0] == adapters[1])
    }

    @Test("A picture that turns out damaged in training ends the run with its row and name")
    func damaged() async throws {
        let run = try TinyRun(TinyRun.freshAdapter, "data.train=rows.jsonl", "data.images=.")
        var picture = try Data(contentsOf: URL(filePath: "\(TinyLlava.pictures)/red-square.png"))
        picture[picture.count - 25] ^= 0xFF
        try picture.write(to: URL(filePath: "\(run.path)/damaged.png"))
        let row =
            #"{"image": "damaged.png", "conversations": [{"from": "human", "value": "<image>"},"#
            + #" {"from": "gpt", "value": "A red square."}]}"#
        try row.write(toFile: "\(run.path)/rows.jsonl", atomically: true, encoding: .utf8)
        let outcome = try await run.train("--set", "data.validation=null")
        #expect(outcome.status == 1)
        for word in ["example 0", "/damaged.png", "--skip-bad-rows"] {
            #expect(outcome.errors.contains(word), "\(word) is not in: \(outcome.errors)")
        }
    }
}
