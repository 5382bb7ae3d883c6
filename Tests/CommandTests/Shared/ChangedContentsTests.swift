import Foundation
import TestSupport
import Testing

@Suite("A coordinator that is started again over changed files", .ownThreads, .timeLimit(.minutes(10)))
struct ChangedContentsTests {
    /// A distributed run on copies of model, rows and pictures, that was killed after some steps.
    private func killedRun() async throws -> SharedRun {
        let run = try SharedRun(
            "data.train=rows.json", "data.images=pictures", "data.validation=val.json", "model.path=model")
        let files = FileManager.default
        for (from, to) in [
            (TinyLlava.data("train"), "rows.json"), (TinyLlava.data("val"), "val.json"),
            (TinyLlava.pictures, "pictures"), (TinyLlava.model, "model"),
        ] { try files.copyItem(atPath: from, toPath: "\(run.path)/\(to)") }
        let coordinator = try run.coordinator()
        let worker = try run.worker(try await coordinator.joinLine(), "worker")
        try await run.reach(5, coordinator)
        for process in [coordinator, worker] { process.send(SIGKILL) }
        for process in [coordinator, worker] { _ = try await process.outcome() }
        return run
    }

    private func change(_ path: String, of run: SharedRun, _ edit: (inout Data) throws -> Void) throws -> Data {
        let url = URL(filePath: "\(run.path)/\(path)")
        let before = try Data(contentsOf: url)
        var data = before
        try edit(&data)
        try data.write(to: url)
        return before
    }

    @Test("names the file that has changed, and goes on once it is back")
    func refusals() async throws {
        let run = try await killedRun()
        let pictures = try FileManager.default.contentsOfDirectory(atPath: "\(run.path)/pictures").sorted()
        let first = try #require(pictures.first { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") })
        let picture = "pictures/\(first)"
        let weights = "model/model.safetensors"
        for (path, key) in [
            ("rows.json", "data.train"), ("val.json", "data.validation"), (picture, "data.images"),
            (weights, "model.path"),
        ] {
            // A changed row of the same count; elsewhere bytes that leave the file readable.
            let before = try change(path, of: run) { data in
                if path.hasSuffix(".json") {
                    data.append(contentsOf: "\n".utf8)
                } else if path == weights {
                    data[data.count - 1] ^= 1
                } else {
                    data.append(0)
                }
            }
            let shown = path == weights ? "\(run.path)/\(path)" : path
            try await run.coordinator().expectFailure("was started with other contents: \(key): \(shown) has changed")
            try before.write(to: URL(filePath: "\(run.path)/\(path)"))
        }
        let coordinator = try run.coordinator()
        let worker = try run.worker(try await coordinator.joinLine(), "worker")
        try await coordinator.expectSuccess()
        try await worker.expectSuccess()
    }

    @Test("goes on with a run of a release that kept no record, says so, and holds it to its contents from then on")
    func earlierRelease() async throws {
        let run = try await killedRun()
        try FileManager.default.removeItem(atPath: "\(run.path)/state/runs/shared/contents.tsv")
        let coordinator = try run.coordinator()
        _ = try await coordinator.joinLine()
        #expect(
            coordinator.errors.contains("started without a record of the contents of its files"),
            "\(coordinator.errors)")
        try await coordinator.end(by: SIGKILL)
        _ = try change("rows.json", of: run) { $0.append(contentsOf: "\n".utf8) }
        try await run.coordinator().expectFailure("data.train: rows.json has changed")
    }

    @Test("begins anew over changed files where that is asked for")
    func overwriting() async throws {
        let run = try await killedRun()
        _ = try change("rows.json", of: run) { $0.append(contentsOf: "\n".utf8) }
        let coordinator = try run.coordinator("tcp://127.0.0.1:0", "--overwrite")
        _ = try await coordinator.joinLine()
        try await coordinator.end(by: SIGKILL)
    }
}
