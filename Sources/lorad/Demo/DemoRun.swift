import Foundation
import Privacy
import Tensors
import Training

/// The whole story: a model that does not know a world, workers who each know a part of it, and what they reach alone,
/// together, and with all data in one place.
struct DemoRun {
    let folder: DemoFolder
    let say: (String) -> Void

    private var settings: DemoSettings { folder.settings }

    /// Runs everything, and writes `demo.json` and the chart.
    ///
    /// - Throws: `CommandError` if a part of it fails, what writing throws.
    func run() throws -> DemoReport {
        let start = ContinuousClock.now
        say(
            "writing the model, \(settings.pictures.training) training images and \(settings.pictures.test) test images"
        )
        try folder.prepare()
        let base = try baseAccuracy()
        say(String(format: "the base model answers %.1f%% of the test questions correctly", 100 * base))
        let alone = try (1...settings.workers).map { worker in
            try train("alone-\(worker)", named: "site \(worker) alone", folder.part(worker), batch: settings.batch)
        }
        let centralised = try train(
            "centralised", named: "centralised", folder.trainingRows, batch: settings.batch * settings.workers)
        let federated = try federate(
            "federated",
            named: "federated, one worker killed", killing: min(2, settings.workers))
        let undisturbed = try federate("undisturbed", named: "federated, none killed", killing: nil)
        let report = DemoReport(
            seed: settings.seed, workers: settings.workers, testRows: settings.pictures.test, rounds: settings.rounds,
            evaluationRounds: settings.evaluationRounds, base: base, alone: alone, federated: federated,
            undisturbed: undisturbed, centralised: centralised, folder: folder.url.path,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        try AtomicFile.write(report.chart, to: folder.chart.path)
        try AtomicFile.write(report.json(), to: folder.result.path)
        return report
    }

    private func baseAccuracy() throws -> Double {
        struct Measured: Decodable { var tokenExactMatch: Double }
        let text = try ChildProcess.run(
            [
                "eval", "--model", folder.base.path, "--data", folder.testRows.path, "--images", folder.data.path,
                "--json",
            ], log: folder.log("base"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Measured.self, from: Data(text.utf8)).tokenExactMatch
    }

    private func train(_ run: String, named name: String, _ rows: URL, batch: Int) throws -> DemoReport.Entry {
        try folder.writeTraining(run, rows: rows, batch: batch)
        return try entry(run, named: name) {
            _ = try ChildProcess.run(
                ["train", "--config", folder.runFile(run).path], log: folder.log(run))
            return nil
        }
    }

    private func federate(_ run: String, named name: String, killing victim: Int?) throws -> DemoReport.Entry {
        try folder.writeFederation(run)
        var entry = try entry(run, named: name) {
            try DemoFederation(folder, run: run).follow(killing: victim, say: say)
        }
        let state = StateFolder(folder.state.appending(path: run).path)
        entry.epsilon = try WorkerLedger.all(ofRun: run, in: state.workers)
            .map { try $0.ledger.spent(delta: DemoSettings.delta).epsilon }.max()
        return entry
    }

    /// Times a training and reads its result.
    private func entry(_ run: String, named name: String, _ body: () throws -> Int?) throws -> DemoReport.Entry {
        let start = ContinuousClock.now
        let contributions = try body()
        let curve = try TrainerLog(path: folder.output(run).appending(path: "trainer_log.jsonl").path).records()
            .compactMap(\.evalExactMatch)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        guard let accuracy = curve.last else { throw CommandError("\(folder.output(run).path): was not evaluated") }
        say(String(format: "%@: %.1f%% after %.0f s", name, 100 * accuracy, seconds))
        return DemoReport.Entry(
            name: name, accuracy: accuracy, curve: curve, epsilon: nil, seconds: seconds,
            fewestContributions: contributions)
    }
}
