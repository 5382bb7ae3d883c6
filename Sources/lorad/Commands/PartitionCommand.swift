import ArgumentParser
import Federation
import Foundation
import Training

/// `lorad partition`: cuts one dataset into the workers' parts of an experiment.
struct PartitionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partition",
        abstract: "Split a dataset into parts, to try a federated run on one machine.",
        discussion: """
            Example:
              lorad partition --data train.json --parts 4 --by dirichlet --alpha 0.3 --output parts

            Writes part-1.json, part-2.json… with the examples unchanged and in order (part-1.tar… for tar archives). Give one to
            each worker with --data.
            """)

    @Option(help: "Dataset: a file, a folder, or a range or pattern of tar archives or Parquet files.")
    var data: String

    @Option(help: "Dataset format; auto detects it from the content.")
    var format = DataFormat.automatic

    @OptionGroup var columns: ColumnOptions

    @Option(help: "Folder that image paths in CSV files are relative to.")
    var images = "."

    @Option(help: "Question to ask about each image when the data has only captions or classes.")
    var prompt: String?

    @Option(help: "Number of parts.")
    var parts: Int

    @Option(
        help: "How to split: iid, dirichlet (each label in random proportions) or field (equal labels stay together).")
    var by = "iid"

    @Option(help: "Concentration for dirichlet: 0.1 gives each part a few labels, 100 is nearly even.")
    var alpha = PartitionOptions().concentration

    @Option(help: "Label of an example: answer (the text of its first answer) or the name of a field.")
    var label = RowLabel.answerName

    @Option(help: "Random seed.")
    var seed: UInt64 = 7

    @Option(help: "Output folder.")
    var output: String

    @Flag(help: "Replace existing parts in the folder.")
    var overwrite = false

    func validate() throws {
        if parts < 1 { throw ValidationError("--parts must be at least 1") }
        if !Partitioners.names.contains(by) {
            throw ValidationError("--by \(by): expected one of \(Partitioners.names.joined(separator: ", "))")
        }
        if !(alpha > 0 && alpha.isFinite) { throw ValidationError("--alpha must be a positive number") }
    }

    func run() throws {
        var options = PartitionOptions()
        options.concentration = alpha
        var rows = DatasetOptions(path: data, imageFolder: images)
        rows.format = format
        columns.set(&rows)
        rows.prompt = prompt
        rows.names = .options
        let dataset = try LabelledDataset(rows, label: RowLabel(name: label))
        let partition = try dataset.partition(Partitioners.named(by, options), into: parts, seed: seed)
        try dataset.write(partition, to: URL(filePath: output), overwrite: overwrite)
        print(dataset.summary(of: partition, folder: output))
    }
}
