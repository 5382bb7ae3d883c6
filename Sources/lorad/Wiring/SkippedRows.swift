import Foundation
import Tensors
import Training

/// The examples of a run's datasets that were skipped because they cannot be used.
struct SkippedRows: Sendable {
    /// The file in the output folder that names all of them.
    static let fileName = "skipped_rows.jsonl"
    /// How many are named on the terminal.
    private static let shown = 10

    private struct Dataset: Sendable {
        let path: String
        let rowCount: Int
        let problems: [RowProblem]
    }

    private let datasets: [Dataset]

    /// Those of some datasets.
    init(_ datasets: [EncodedDataset]) {
        self.datasets = datasets.filter { !$0.skipped.isEmpty }.map {
            Dataset(path: $0.path, rowCount: $0.datasetCount, problems: $0.skipped)
        }
    }

    /// Those of images with known classes.
    init(_ pictures: LabelledPictures) {
        let dataset = Dataset(path: pictures.path, rowCount: pictures.count, problems: pictures.skipped)
        datasets = pictures.skipped.isEmpty ? [] : [dataset]
    }

    /// How many there are.
    var count: Int { datasets.reduce(0) { $0 + $1.problems.count } }

    /// Reports the number of skipped examples of each dataset, and the first ones.
    func report(_ say: (String) -> Void) {
        for dataset in datasets {
            let count = dataset.problems.count
            say("\(dataset.path): \(count) of \(dataset.rowCount) examples cannot be used and are skipped:")
            for problem in dataset.problems.prefix(Self.shown) { say("  \(problem)") }
            if count > Self.shown { say("  … and \(count - Self.shown) more") }
        }
    }

    /// Writes all of them, a JSON object a line; where there are none, a list of an earlier start is removed.
    ///
    /// - Throws: `TensorError` if the file cannot be written.
    func write(to folder: URL, _ say: (String) -> Void) throws {
        let file = folder.appending(path: Self.fileName)
        guard count > 0 else {
            try? FileManager.default.removeItem(at: file)
            return
        }
        let lines = datasets.flatMap { dataset in dataset.problems.map { $0.json(dataset: dataset.path) + "\n" } }
        try AtomicFile.write(lines.joined(), to: file.path)
        say("the skipped examples are listed in \(file.path)")
    }
}
