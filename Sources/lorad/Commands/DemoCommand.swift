import ArgumentParser
import Demonstration
import Foundation
import Tensors

/// `lorad demo`: everything on bundled data.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Demonstrate lorad with a bundled model and generated images.",
        subcommands: [DemoRunCommand.self, DemoDataCommand.self, DemoBaseCommand.self],
        defaultSubcommand: DemoRunCommand.self)
}

/// `lorad demo data`: the images by themselves.
struct DemoDataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Generate images with questions and answers, in LLaVA's format.",
        discussion: """
            Example:
              lorad demo data --domain night --pictures 1000 --output pictures

            Writes NAME.json and the folder NAME-pictures. The same options produce the same bytes.
            """)

    @Option(help: "Kind of image: day (the bundled model knows it), dusk or night (it does not).")
    var domain = Domain.night.name

    @Option(help: "Number of images.")
    var pictures: Int

    @Option(help: "Most questions per image.")
    var questions = 1

    @Option(help: "Random seed.")
    var seed: UInt64 = 1

    @Option(help: "Base name of the files.")
    var name = "train"

    @Option(help: "Output folder.")
    var output: String

    func validate() throws {
        if !Domain.all.contains(where: { $0.name == domain }) {
            throw ValidationError(
                "--domain \(domain): expected one of \(Domain.all.map(\.name).joined(separator: ", "))")
        }
        if pictures < 1 || questions < 1 { throw ValidationError("--pictures and --questions must be at least 1") }
    }

    func run() throws {
        guard let domain = Domain.all.first(where: { $0.name == domain }) else { return }
        let dataset = PictureDataset(domain, count: pictures, questionsPerPicture: questions, seed: seed)
        try dataset.write(to: URL(filePath: output), name: name)
        print("\(pictures) images written to \(output)/\(name).json and \(output)/\(name)-pictures")
    }
}

/// `lorad demo base`: makes the bundled model again.
struct DemoBaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base",
        abstract: "Train the bundled model from random weights, as it was made.",
        discussion: """
            Example:
              lorad demo base --output base

            Takes about half an hour on two cores. All parameters are trained (modules_to_save), and lorad merge turns them into
            a model folder. On the same kind of processor the result is the same to the byte.
            """)

    @Option(help: "Number of training images.")
    var pictures = 48_000

    @Option(help: "Number of training epochs.")
    var epochs = 4.0

    @Option(help: "Random seed.")
    var seed: UInt64 = 1

    @Option(help: "Model folder to write. Intermediate files go to OUTPUT.work.")
    var output: String

    func run() throws {
        let work = URL(filePath: output + ".work")
        let initial = work.appending(path: "initial")
        let (day, data) = (Domain.day, work.appending(path: "data"))
        let all = day.questions.count
        try PictureDataset(day, count: pictures, questionsPerPicture: all, seed: seed).write(to: data, name: "train")
        try PictureDataset(day, count: 500, seed: seed + 1).write(to: data, name: "test")
        try DemonstrationModel().write(to: initial, seed: seed)
        let runFile = work.appending(path: "base.yaml")
        try AtomicFile.write(text(work), to: runFile.path)
        _ = try ChildProcess.run(["train", "--config", runFile.path, "--overwrite"])
        print(
            try ChildProcess.run([
                "merge", "--model", initial.path, "--adapter", work.appending(path: "trained").path, "--output", output,
                "--dtype", "bfloat16",
            ]), terminator: "")
    }

    private func text(_ work: URL) -> String {
        """
        run: demo-base
        model: { path: "\(work.path)/initial", precision: bf16 }
        # Nothing is frozen: every module trains as a whole.
        adapter:
          target_modules: []
          modules_to_save: [vision_tower, multi_modal_projector, language_model, lm_head]
        data:
          train: "\(work.path)/data/train.json"
          validation: "\(work.path)/data/test.json"
          images: "\(work.path)/data"
          max_length: 256
        training:
          learning_rate: 1.5e-3
          lr_scheduler_type: cosine
          warmup_ratio: 0.05
          weight_decay: 0.01
          per_device_train_batch_size: 64
          num_train_epochs: \(epochs)
          logging_steps: 20
          eval_steps: 200
          save_steps: 500
          save_total_limit: 1
          seed: \(seed)
          output_dir: "\(work.path)/trained"

        """
    }
}
