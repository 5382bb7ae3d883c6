import Demonstration
import Federation
import Foundation
import Models
import Privacy
import Tensors
import Training

/// Where everything of a demonstration lies, and the run files in it.
struct DemoFolder {
    let url: URL
    let settings: DemoSettings

    var base: URL { url.appending(path: "base") }
    var data: URL { url.appending(path: "data") }
    var trainingRows: URL { data.appending(path: "train.json") }
    var testRows: URL { data.appending(path: "test.json") }
    var parts: URL { url.appending(path: "parts") }
    var state: URL { url.appending(path: "state") }
    var result: URL { url.appending(path: "demo.json") }
    var chart: URL { url.appending(path: "accuracy.svg") }

    /// Describes the content of the folder. It exists from the start, so an interrupted demonstration can be replaced.
    static let markName = "README.txt"

    private static let mark = """
        Written by `lorad demo`. `lorad demo --overwrite` replaces everything here.

        base/           the bundled model, a Hugging Face folder
        data/, parts/   images with questions: the whole dataset, and each site's part
        *.yaml          the run files
        alone-N/, centralised/, federated/, undisturbed/
                        adapters in PEFT format, each with its log and loss curve
        state/          keys, rounds and ledgers of the federated runs
        logs/           output of the processes
        demo.json       the results
        accuracy.svg    the curves

        """

    /// A worker's part of the examples; workers count from 1.
    func part(_ worker: Int) -> URL { parts.appending(path: "part-\(worker).json") }
    /// What a run leaves.
    func output(_ run: String) -> URL { url.appending(path: run) }
    /// A run's file.
    func runFile(_ run: String) -> URL { url.appending(path: "\(run).yaml") }
    /// What a command said.
    func log(_ name: String) -> URL { url.appending(path: "logs/\(name).log") }

    /// Writes model, images and the workers' parts.
    ///
    /// - Throws: `CommandError`, `TensorError` or `TrainingError` if that cannot be done.
    func prepare() throws {
        try AtomicFile.write(Self.mark, to: url.appending(path: Self.markName).path)
        try BundledModel.write(to: base)
        let (seed, night) = (settings.seed, Domain.night)
        try PictureDataset(night, count: settings.pictures.training, questionsPerPicture: 3, seed: 2 * seed).write(
            to: data, name: "train")
        try PictureDataset(night, count: settings.pictures.test, seed: 2 * seed + 1).write(to: data, name: "test")
        var options = PartitionOptions()
        options.concentration = settings.concentration
        let rows = try LabelledDataset(
            DatasetOptions(path: trainingRows.path), label: RowLabel(name: RowLabel.answerName))
        let partition = try rows.partition(
            Partitioners.named("dirichlet", options), into: settings.workers, seed: seed)
        try rows.write(partition, to: parts, overwrite: true)
    }

    /// Writes a run file for `lorad train`: as many steps as a worker of the federation takes, on examples of its own.
    func writeTraining(_ run: String, rows: URL, batch: Int) throws {
        let steps = settings.rounds * settings.localSteps
        try write(
            run, data: [("train", rows)], batch: batch,
            training: ["max_steps: \(steps)", "eval_steps: \(settings.evaluationRounds * settings.localSteps)"])
    }

    /// Writes a run file for `lorad coordinator`.
    func writeFederation(_ run: String) throws {
        let federation =
            "federation: { mode: federated, min_workers: \(settings.workers), rounds: \(settings.rounds), "
            + "local_steps: \(settings.localSteps), eval_rounds: \(settings.evaluationRounds), worker_timeout: 2,\n"
            // What workers start anew in each round, AdamW's momentum, the coordinator keeps instead.
            + "  server_optimizer: sgd, server_learning_rate: 1, server_momentum: 0.5 }\n"
        try write(run, data: [], batch: settings.batch, training: [], more: federation + privacy())
    }

    private func privacy() throws -> String {
        var lines = ["privacy:", "  secure_aggregation: { enabled: true }"]
        if let epsilon = settings.epsilon {
            lines.append(
                "  differential_privacy: { enabled: true, unit: example, clip: 0.5, noise_multiplier: "
                    + "\(try noise(epsilon)), target_epsilon: \(epsilon), delta: \(DemoSettings.delta) }"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The noise with which the site that has the fewest examples can take part in all rounds, and in one of them
    /// twice: what a killed worker has noted as spent stays spent.
    private func noise(_ epsilon: Double) throws -> Double {
        let rows = try (1...settings.workers).map { try DatasetOptions(path: part($0).path).openRows().count }
        let rate = Double(settings.batch) / Double(max(1, rows.min() ?? 1))
        let plan = PrivacyPlan(
            target: try PrivacyTarget(epsilon: epsilon, delta: DemoSettings.delta),
            sampling: rate < 1 ? .poisson(rate: rate) : .everybody)
        return try plan.noiseMultiplier(rounds: (settings.rounds + 1) * settings.localSteps)
    }

    private func write(
        _ run: String, data: [(String, URL)], batch: Int, training: [String], more: String = ""
    ) throws {
        let data = data + [("validation", testRows), ("images", self.data)]
        let text = """
            run: \(run)
            model: { path: \(Self.quoted(base)) }
            adapter:
              r: 16
              lora_alpha: 32
              # Every linear layer: the images look different, and the answers use new words.
              target_modules: [q_proj, k_proj, v_proj, o_proj, out_proj, fc1, fc2, gate_proj, up_proj, down_proj, linear_1, linear_2, lm_head]
            data: { \(data.map { "\($0.0): \(Self.quoted($0.1))" }.joined(separator: ", ")), max_length: 128 }
            training:
              learning_rate: 5e-3
              lr_scheduler_type: cosine
              warmup_ratio: 0.08
              per_device_train_batch_size: \(batch)
              logging_steps: \(settings.localSteps)
              seed: \(settings.seed)
              output_dir: \(Self.quoted(output(run)))
            \(training.map { "  \($0)\n" }.joined())
            """
        try AtomicFile.write(text + more, to: runFile(run).path)
    }

    /// A path as a YAML string, which a JSON string is.
    private static func quoted(_ url: URL) -> String { JSONValue.string(url.path).text(isASCII: false) }
}
