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

    @Flag(
        help: """
            Checks run file, model, adapter and every row, and shows what would train, its memory, and how long a stop takes.
            """)
    var dryRun = false

    @Flag(help: "With --dry-run: prints one JSON object.")
    var json = false

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

    @Flag(
        help: ArgumentHelp(
            "Resumes from the newest checkpoint if there is one, else starts the run: one command for every start.",
            discussion: """
                For schedulers, which start the same command again after a preemption or a time limit. Without a \
                checkpoint, the log of a run that was stopped before its first one is replaced; an adapter is not.
                """))
    var autoResume = false

    @Flag(help: "Replaces what an earlier run left in the output folder.")
    var overwrite = false

    @Flag(help: "Leaves out rows and pictures that cannot be used, and names them; every picture is decoded first.")
    var skipBadRows = false

    func validate() throws {
        guard !(resume && overwrite) else { throw ValidationError("--resume and --overwrite contradict each other") }
        guard !autoResume || !resume && !overwrite else {
            throw ValidationError("--auto-resume decides by itself: leave out --resume and --overwrite")
        }
        guard dryRun || !json else { throw ValidationError("--json goes with --dry-run") }
        guard resume || autoResume || allowChange.isEmpty else {
            throw ValidationError("--allow-change is about a run that is resumed: give --resume too")
        }
    }

    func run() throws {
        let configuration = try RunFile.read(path: config, overrides: overrides)
        let display = ProgressDisplay()
        let run = try LocalRun(configuration, skipsBadRows: skipBadRows, say: display.say)
        if dryRun {
            let needs = run.needs
            return print(json ? needs.json.text(indent: 2, isASCII: false) : needs.description)
        }
        let start: LocalRun.Start = autoResume ? .auto : resume ? .resume : overwrite ? .overwrite : .new
        try run.prepareOutput(start, allowing: AllowedChanges(allowChange), say: display.say)
        StopSignal.savesFirst()
        try run.train(display)
    }
}
