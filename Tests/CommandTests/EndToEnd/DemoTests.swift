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

    @Test("federates an adapter over workers of which one is killed, compares it, and names commands that work")
    func fast() async throws {
        let folder = try TemporaryFolder()
        try await stoppedDemonstration(in: folder)
        let outcome = try await lorad("demo", "--fast", "--keep", "demo", "--overwrite", in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("killed site-2 in round 2 of 3"))
        let report = try report(String(contentsOfFile: "\(folder.path)/demo/demo.json", encoding: .utf8))
        try check(report)
        #expect(report.federated.epsilon == nil)
        for name in ["accuracy.svg", "base/config.json", "federated/adapter_model.safetensors"] {
            #expect(FileManager.default.fileExists(atPath: "\(folder.path)/demo/\(name)"), "\(name) is missing")
        }
        let again = try await lorad("demo", "--fast", "--keep", "demo", in: folder.path)
        #expect(again.status == 1)
        #expect(again.errors.contains("demo: contains an earlier demonstration: give --overwrite, or another folder"))
        try await follow(outcome.output, in: folder)
        try await knowsItsOwnWorld(folder)
    }

    @Test("spends no more than the budget of differential privacy, though a worker is killed")
    func differentialPrivacy() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await lorad("demo", "--fast", "--dp", "--json", "--keep", "demo", in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try report(outcome.output)
        try check(report)
        // The same where it was killed before it had noted its round.
        let (spent, undisturbed) = (report.federated.epsilon ?? 0, report.undisturbed.epsilon ?? 0)
        #expect(0 < undisturbed && undisturbed <= spent && spent <= 8)
    }

    private func check(_ report: Report) throws {
        #expect(report.alone.count == 3)
        for curve in [report.federated.curve, report.undisturbed.curve, report.centralised.curve] {
            #expect(curve.count == 3)
            for share in curve {
                #expect((share * Double(report.testRows)).rounded() / Double(report.testRows) == share)
            }
        }
        #expect(report.federated.accuracy == report.federated.curve.last)
        #expect(report.federated.fewestContributions == 3 && report.undisturbed.fewestContributions == 3)
    }

    /// Runs the commands that a demonstration tells to try, as a shell reads them.
    private func follow(_ output: String, in folder: TemporaryFolder) async throws {
        let text = try #require(output.components(separatedBy: "Try next:\n").dropFirst().first)
        let commands = text.split(separator: "\n")
        #expect(commands.count == 3)
        for command in commands {
            let line = "cd '\(folder.path)' && \(command) || exit 9"
            let outcome = try await LoradProcess(["--version"], in: folder.path, after: line).outcome()
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/demo/run.html"))
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/demo/merged/model.safetensors"))
    }

    /// The bundled model answers what it is asked about pictures like those that it was trained on.
    private func knowsItsOwnWorld(_ folder: TemporaryFolder) async throws {
        let drawn = try await lorad(
            "demo", "data", "--domain", "day", "--pictures", "200", "--seed", "99", "--output", "day", in: folder.path)
        #expect(drawn.status == 0, "\(drawn.errors)")
        let outcome = try await lorad(
            "eval", "--model", "demo/base", "--data", "day/train.json", "--images", "day", "--json", in: folder.path)
        let found = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(try #require(found?["token_exact_match"] as? Double) > 0.8)
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

    @Test("does not touch a folder that holds something else")
    func otherFiles() async throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "notes.txt")
        let outcome = try await lorad("demo", "--keep", ".", "--overwrite", in: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("contains other files: give another folder"))
    }
}
