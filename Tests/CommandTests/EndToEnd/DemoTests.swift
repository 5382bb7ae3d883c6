import Foundation
import TestSupport
import Testing

@Suite("lorad demo", .ownThreads, .timeLimit(.minutes(10)))
struct DemoTests {
    private struct Report: Decodable {
        struct Entry: Decodable {
            var accuracy: Double
            var curve: [Double]
            var epsilon: Double?
            var fewestContributions: Int
        }
        struct Run: Decodable {
            var accuracy: Double
            var curve: [Double]
        }
        var base: Double
        var testRows: Int
        var alone: [Run]
        var federated: Entry
        var undisturbed: Entry
        var centralised: Run
        var folder: String
    }

    private func report(_ text: String) throws -> Report {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(text.utf8))
    }

    @Test("federates an adapter over workers of which one is killed, and compares it", arguments: [false, true])
    func fast(isPrivate: Bool) async throws {
        let folder = try TemporaryFolder()
        let options = ["demo", "--fast", "--keep", "demo", "--json"] + (isPrivate ? ["--dp"] : [])
        try await stoppedDemonstration(in: folder)
        let outcome = try await LoradProcess(options + ["--overwrite"], in: folder.path).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try report(outcome.output)
        #expect(report.alone.count == 3)
        for curve in [report.federated.curve, report.undisturbed.curve, report.centralised.curve] {
            #expect(curve.count == 4)
            for share in curve {
                #expect((share * Double(report.testRows)).rounded() / Double(report.testRows) == share)
            }
        }
        #expect(report.federated.accuracy == report.federated.curve.last)
        #expect(report.federated.fewestContributions == 3 && report.undisturbed.fewestContributions == 3)
        #expect(outcome.errors.contains("killed site-2 in round 3 of 4"))
        #expect((report.federated.epsilon ?? 0 > 0) == isPrivate && report.federated.epsilon ?? 0 <= 8)
        for name in ["demo.json", "accuracy.svg", "base/config.json", "federated/adapter_model.safetensors"] {
            #expect(FileManager.default.fileExists(atPath: "\(folder.path)/demo/\(name)"), "\(name) is missing")
        }
        let again = try await LoradProcess(options, in: folder.path).outcome()
        #expect(again.status == 1)
        #expect(again.errors.contains("demo: holds an earlier demonstration: give --overwrite, or another folder"))
    }

    /// Leaves what a demonstration has written that was killed.
    private func stoppedDemonstration(in folder: TemporaryFolder) async throws {
        let stopped = try LoradProcess(["demo", "--fast", "--keep", "demo"], in: folder.path)
        while !FileManager.default.fileExists(atPath: "\(folder.path)/demo/base/config.json") {
            try #require(stopped.isRunning)
            try await Task.sleep(for: .milliseconds(2))
        }
        stopped.send(SIGKILL)
        #expect(try await stopped.outcome().status == SIGKILL)
    }

    @Test("answers with the bundled model what it is asked about pictures of its own world")
    func base() async throws {
        let folder = try TemporaryFolder()
        let drawn = try await lorad(
            "demo", "data", "--domain", "day", "--pictures", "200", "--seed", "99", "--output", "day", in: folder.path)
        #expect(drawn.status == 0, "\(drawn.errors)")
        try await lorad("demo", "--fast", "--keep", "demo", in: folder.path)
        let outcome = try await lorad(
            "eval", "--model", "demo/base", "--data", "day/train.json", "--images", "day", "--json", in: folder.path)
        let found = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(try #require(found?["token_exact_match"] as? Double) > 0.8)
    }

    @Test("names commands to try that work")
    func next() async throws {
        let folder = try TemporaryFolder()
        let shown = try await lorad("demo", "--fast", "--keep", "demo", in: folder.path)
        let text = try #require(shown.output.components(separatedBy: "Try next:\n").dropFirst().first)
        let commands = text.split(separator: "\n")
        #expect(commands.count == 3)
        for command in commands {
            // The shell runs the line as it stands there.
            let line = "cd '\(folder.path)' && \(command) || exit 9"
            let outcome = try await LoradProcess(["--version"], in: folder.path, after: line).outcome()
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/demo/run.html"))
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/demo/merged/model.safetensors"))
    }

    @Test("does not touch a folder that holds something else")
    func otherFiles() async throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "notes.txt")
        let outcome = try await lorad("demo", "--keep", ".", "--overwrite", in: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("holds other files: give another folder"))
    }
}
