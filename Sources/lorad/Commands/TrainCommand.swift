import ArgumentParser
import Foundation
import Models
import Tensors
import Training

/// `lorad train`: a run in one process.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train an adapter in one process.",
        discussion: """
            Example:
              lorad train --config configs/tiny-vqa.yaml --set training.seed=7

            Writes a PEFT adapter, checkpoints, a log and a loss curve to training.output_dir.
            """)

    @Option(help: "The run file (YAML).")
    var config: String

    @Option(
        name: .customLong("set"), help: "Override a key of the run file, for example --set training.seed=7. Repeatable."
    )
    var overrides: [String] = []

    @Flag(
        help: """
            Dry run: check the run file, the model, the adapter and every example, and show what would be trained, the \
            memory needed, and how long a stop takes.
            """)
    var dryRun = false

    @Flag(help: "With --dry-run, print one JSON object instead of text.")
    var json = false

    @Flag(help: "Resume from the newest checkpoint in the output folder.")
    var resume = false

    @Option(
        help: ArgumentHelp(
            "With --resume, allow a key of the run file to differ from the checkpoint's. Repeatable.",
            discussion: """
                A run resumes with the model, data and settings of its checkpoint; any difference is refused by name. To make a \
                run longer, for example, give --allow-change training.num_train_epochs. The change is recorded in \
                trainer_log.jsonl and README.md. Keys that decide the shapes of trained tensors (adapter.r, \
                adapter.target_modules and others) cannot change.
                """, valueName: "key"))
    var allowChange: [String] = []

    @Flag(
        help: ArgumentHelp(
            "Resume from the newest checkpoint if there is one, otherwise start the run.",
            discussion: """
                For schedulers that start the same command again after a preemption or a time limit. If there is no \
                checkpoint, the log of a run that stopped before its first one is replaced; a finished adapter is not.
                """))
    var autoResume = false

    @Flag(help: "Replace the files of an earlier run in the output folder.")
    var overwrite = false

    @Flag(
        help:
            "Skip examples and images that cannot be used, and list them. Every image is decoded before training starts."
    )
    var skipBadRows = false

    func validate() throws {
        guard !(resume && overwrite) else { throw ValidationError("--resume and --overwrite contradict each other") }
        guard !autoResume || !resume && !overwrite else {
            throw ValidationError("--auto-resume decides by itself: leave out --resume and --overwrite")
        }
        guard dryRun || !json else { throw ValidationError("--json needs --dry-run") }
        guard resume || autoResume || allowChange.isEmpty else {
            throw ValidationError("--allow-change needs --resume")
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
