import Foundation
import TestSupport
import Testing

@testable import lorad

@Suite("A command that is asked to stop", .ownThreads, .timeLimit(.minutes(10)))
struct StopTests {
    @Test("ends at once where it has nothing to save, with the status that asks for another start")
    func nothingToSave() async throws {
        for signal in [SIGTERM, SIGINT] {
            let folder = try TemporaryFolder()
            let process = try LoradProcess(
                ["demo", "data", "--pictures", "1000000", "--output", "out"], in: folder.path)
            try await process.wait(for: "its pictures") {
                FileManager.default.fileExists(atPath: "\(folder.path)/out/train-pictures.partial/00000.png")
            }
            process.send(signal)
            let outcome = try await process.outcome()
            #expect(outcome.status == 75)
            #expect(outcome.errors.contains("with nothing saved; the same command starts over"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/out/train.json"))
        }
    }

    @Test("stops the processes that it started first")
    func children() async throws {
        let folder = try TemporaryFolder()
        let process = try LoradProcess(["demo", "--keep", "demo"], in: folder.path)
        // The first worker trains alone: a child of the demonstration.
        let log = "\(folder.path)/demo/alone-1/trainer_log.jsonl"
        while !FileManager.default.fileExists(atPath: log) {
            try #require(process.isRunning)
            try await Task.sleep(for: .milliseconds(2))
        }
        process.send(SIGTERM)
        let outcome = try await process.outcome()
        #expect(outcome.status == 75)
        #expect(outcome.errors.contains("stopped; the same command starts over"), "\(outcome.errors)")
        let child = try String(contentsOfFile: childLog(in: folder), encoding: .utf8)
        // It may not have got to its first step.
        #expect(child.contains("lorad: stopped "), "\(child)")
    }

    private func childLog(in folder: TemporaryFolder) throws -> String {
        let settings = DemoFolder(url: URL(filePath: "\(folder.path)/demo"), settings: DemoSettings())
        return settings.log("alone-1").path
    }

    @Test("leaves a signal alone that its parent had it ignore")
    func ignoredSignal() async throws {
        let folder = try TemporaryFolder()
        let process = try LoradProcess(
            ["demo", "data", "--pictures", "1000000", "--output", "out"], in: folder.path, after: "trap '' INT")
        let pictures = "\(folder.path)/out/train-pictures.partial"
        try await process.wait(for: "its pictures") { FileManager.default.fileExists(atPath: "\(pictures)/00000.png") }
        process.send(SIGINT)
        let count = try FileManager.default.contentsOfDirectory(atPath: pictures).count
        try await process.wait(for: "more pictures") {
            try FileManager.default.contentsOfDirectory(atPath: pictures).count > count + 50
        }
        process.send(SIGTERM)
        #expect(try await process.outcome().status == 75)
    }

    @Test("takes a signal within a second of the first for the same request, and a later one for a second")
    func echoes() {
        #expect(!StopSignal.isSecondRequest(after: 0) && !StopSignal.isSecondRequest(after: 999))
        #expect(StopSignal.isSecondRequest(after: 1_000))
    }

    @Test("has four ways to end")
    func statuses() {
        #expect(ExitStatus.done.rawValue == 0 && ExitStatus.failed.rawValue == 1)
        #expect(ExitStatus.usage.rawValue == 2 && ExitStatus.stopped.rawValue == 75)
    }
}
