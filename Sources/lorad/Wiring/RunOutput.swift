import Adapters
import Foundation
import Training

/// The folder that a run writes to.
struct RunOutput: Sendable {
    let folder: URL
    let checkpoints: Checkpoints
    private let configuration: RunConfiguration

    init(_ configuration: RunConfiguration) {
        self.configuration = configuration
        folder = URL(filePath: configuration.training.outputDir)
        checkpoints = Checkpoints(outputFolder: folder, limit: configuration.training.saveTotalLimit)
    }

    /// Makes sure that nothing of worth is lost.
    ///
    /// - Throws: `CommandError` if an earlier run lies there and neither `resume` nor `overwrite` is given.
    func prepare(resume: Bool, overwrite: Bool) throws {
        guard !isUsed || resume || overwrite else {
            throw CommandError(
                "\(folder.path) holds an earlier run or adapter: --resume goes on with it, --overwrite replaces it")
        }
        guard overwrite else { return }
        for name in ["checkpoints", "runs", "trainer_log.jsonl", "loss.svg", SkippedRows.fileName] {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    /// Writes `run.yaml`, as resolved.
    func writeConfiguration() throws {
        try RunFile.write(configuration, to: folder.appending(path: "run.yaml").path)
    }

    /// Whether the folder holds something of worth, also if lorad has not written it: a run from `adapter.path` may have
    /// been told to write there too.
    private var isUsed: Bool {
        ["trainer_log.jsonl", "checkpoints", AdapterFolder.weightsFile].contains {
            FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
        }
    }
}
