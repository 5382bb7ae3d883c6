import ArgumentParser
import Foundation
import Models
import Tensors
import Training

/// `lorad train`: a run in one process.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains an adapter in one process.",
        discussion: """
            Example:
              lorad train --config configs/tiny-vqa.yaml --set training.seed=7

            Writes a PEFT folder, checkpoints, a log and a loss curve into training.output_dir.
            """)

    @Option(help: "The run file.")
    var config: String

    @Option(name: .customLong("set"), help: "Overrides a key of the run file: --set training.seed=7.")
    var overrides: [String] = []

    @Flag(help: "Checks run file, model, adapter and every row, shows what would train and its memory, and stops.")
    var dryRun = false

    @Flag(help: "Goes on from the newest checkpoint in the output folder.")
    var resume = false

    @Option(
        help: ArgumentHelp(
            "With --resume: lets a key of the run file differ from what the checkpoint was made with; may be repeated.",
            discussion: """
                A run is resumed with the model, data and settings that its checkpoint was made with; anything else is \
                refused by name. A longer run, for example, takes --allow-change training.num_train_epochs. The change is \
                noted in trainer_log.jsonl and README.md. What trains (adapter.r, adapter.target_modules and others that \
                decide the shapes of tensors) never changes.
                """, valueName: "key"))
    var allowChange: [String] = []

    @Flag(help: "Replaces what an earlier run left in the output folder.")
    var overwrite = false

    @Flag(help: "Leaves out rows and pictures that cannot be used, and names them; every picture is decoded first.")
    var skipBadRows = false

    func validate() throws {
        guard !(resume && overwrite) else { throw ValidationError("--resume and --overwrite contradict each other") }
        guard resume || allowChange.isEmpty else {
            throw ValidationError("--allow-change is about a run that is resumed: give --resume too")
        }
    }

    func run() throws {
        let configuration = try RunFile.read(path: config, overrides: overrides)
        let display = ProgressDisplay()
        let run = try LocalRun(configuration, skipsBadRows: skipBadRows, say: display.say)
        if dryRun { return print(run.memoryEstimate.description) }
        try run.prepareOutput(
            resume: resume, overwrite: overwrite, allowing: AllowedChanges(allowChange), say: display.say)
        StopSignal.listen()
        try run.train(display)
    }
}
