import Adapters
import Foundation
import Models
import Tensors
import Training

/// A run in one process: everything that `lorad train` puts together.
final class LocalRun {
    private let configuration: RunConfiguration
    private let adapted: AdaptedModel
    private let training: OpenedSource
    private let validation: OpenedSource?
    private let lanes: Lanes
    private let trainer: Trainer
    private let checkpoints: Checkpoints
    private let output: URL
    private var firstStep = 0

    /// Opens the model, the adapter and the data; nothing is written yet.
    ///
    /// - Parameter say: receives what a user should know, a line at a time.
    init(_ configuration: RunConfiguration, say: (String) -> Void) throws {
        self.configuration = configuration
        let (data, arguments) = (configuration.data, configuration.training)
        let ignored = configuration.sectionsOfSharedRuns
        if !ignored.isEmpty { say("\(ignored.joined(separator: ", ")): not used by lorad train") }
        let type = configuration.model.precision.type
        Products.notices(computing: type).forEach(say)
        let folder = try ModelFolder(URL(filePath: configuration.model.path))
        adapted = try AdaptedModel(folder, adapter: configuration.adapter, computing: type, seed: arguments.seed)
        adapted.notices.forEach(say)
        let inputs = try ModelInputs(folder: folder.url, model: adapted.model, template: data.template)
        say(inputs.templateNotice)
        let open = { (path: String) in
            try inputs.source(path: path, images: data.images, maxLength: data.maxLength, onLong: data.onLong)
        }
        training = try open(data.train)
        validation = try data.validation.map(open)
        let order = BatchOrder(rowCount: training.rows.count, data: data, training: arguments)
        lanes = Lanes(count: arguments.lanes.resolved)
        trainer = try Trainer(
            model: adapted.model, weights: adapted.weights, source: training.rows, order: order, arguments: arguments,
            lanes: lanes)
        output = URL(filePath: arguments.outputDir)
        checkpoints = Checkpoints(outputFolder: output, limit: arguments.saveTotalLimit)
        sayRows(say)
        say("\(adapted.parameterCount)")
    }

    private func sayRows(_ say: (String) -> Void) {
        let counts = [
            (training.rows.count, "row"), (trainer.totalSteps, "step"), (lanes.count, "lane"),
        ].map { "\($0.grouped) \($1)\($0 == 1 ? "" : "s")" }
        say("\(counts.joined(separator: ", ")), \(Products.summary)")
        let dropped = training.droppedCount + (validation?.droppedCount ?? 0)
        if dropped > 0 { say("\(dropped) rows are longer than data.max_length and were left out (data.on_long: drop)") }
    }

    /// What the run will take in memory.
    var memoryEstimate: MemoryEstimate {
        MemoryEstimate(
            adapted, rows: training.rows, arguments: configuration.training, lanes: lanes.count)
    }

    /// Makes the output folder ready: fresh, or at the newest checkpoint.
    ///
    /// - Throws: `CommandError` if an earlier run lies there and neither `resume` nor `overwrite` is given.
    func prepareOutput(resume: Bool, overwrite: Bool) throws {
        guard !isUsed || resume || overwrite else {
            throw CommandError(
                "\(output.path) holds an earlier run or adapter: --resume goes on with it, --overwrite replaces it")
        }
        if overwrite {
            for name in ["checkpoints", "runs", "trainer_log.jsonl", "loss.svg"] {
                try? FileManager.default.removeItem(at: output.appending(path: name))
            }
        }
        if resume { try restore() }
        try RunFile.write(configuration, to: output.appending(path: "run.yaml").path)
    }

    /// Whether the output folder holds something of worth, also if lorad has not written it: a run from
    /// `adapter.path` may have been told to write there too.
    private var isUsed: Bool {
        ["trainer_log.jsonl", "checkpoints", AdapterFolder.weightsFile].contains {
            FileManager.default.fileExists(atPath: output.appending(path: $0).path)
        }
    }

    private func restore() throws {
        guard let checkpoint = checkpoints.latest else {
            throw CommandError("\(output.path) holds no checkpoint to resume from: leave out --resume")
        }
        try adapted.weights.restore(from: checkpoint)
        firstStep = try trainer.restore(from: checkpoint)
    }

    /// Trains to the end, or until a signal asks to stop.
    func train(_ display: ProgressDisplay) throws {
        let reports = try RunReports(folder: output.path, resumingFromStep: firstStep)
        var loop = TrainingLoop(
            arguments: configuration.training, trainer: trainer, reports: reports, display: display,
            firstStep: firstStep,
            evaluate: { [adapted, validation, lanes] in
                try validation.map { try Evaluation(adapted.model, $0.rows, lanes: lanes) }
            },
            save: { [checkpoints, adapted, trainer] in
                try checkpoints.save(step: trainer.step, weights: adapted.weights, optimizer: trainer.optimizer)
            })
        let isComplete = try loop.run()
        guard isComplete else {
            throw CommandError("stopped at step \(trainer.step) of \(trainer.totalSteps); --resume goes on from there")
        }
        try adapted.weights.write(to: output)
        display.say("adapter written to \(output.path)")
    }
}

extension LaneCount {
    /// The number of threads: as many as the machine has cores unless fixed.
    var resolved: Int {
        switch self {
        case .automatic: ProcessInfo.processInfo.activeProcessorCount
        case .fixed(let count): count
        }
    }
}
