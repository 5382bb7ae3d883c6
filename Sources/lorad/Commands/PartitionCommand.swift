import ArgumentParser
import Federation
import Foundation
import Training

/// `lorad partition`: cuts one dataset into the workers' parts of an experiment.
struct PartitionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partition",
        abstract: "Cuts a dataset into parts, to try out a federation on one machine.",
        discussion: """
            Example:
              lorad partition --data train.json --parts 4 --by dirichlet --alpha 0.3 --output parts

            Writes part-1.json, part-2.json… with the rows as they are, in their order; part-1.tar… of tar archives. Give
            each worker one with --data.
            """)

    @Option(help: "The rows: a file, a folder, or a range of tar archives.")
    var data: String

    @Option(help: "How the data is written; auto recognises it by what it holds.")
    var format = DataFormat.automatic

    @OptionGroup var columns: ColumnOptions

    @Option(help: "The folder that image paths of CSV are relative to.")
    var images = "."

    @Option(help: "What a picture is asked where the data has captions or classes only.")
    var prompt: String?

    @Option(help: "How many parts.")
    var parts: Int

    @Option(help: "iid, dirichlet (each label's rows in random proportions) or field (equal labels stay together).")
    var by = "iid"

    @Option(help: "Of dirichlet: 0.1 gives each part a few labels, 100 is nearly even.")
    var alpha = PartitionOptions().concentration

    @Option(help: "What a row's label is: answer (the text of the first one), or a field of the row.")
    var label = RowLabel.answerName

    @Option(help: "What chance depends on.")
    var seed: UInt64 = 7

    @Option(help: "The folder to write to.")
    var output: String

    @Flag(help: "Replaces the parts that the folder holds.")
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
