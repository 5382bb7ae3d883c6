import Adapters
import Foundation
import Tensors
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

    /// Keeps other runs from writing to the folder as long as the lock is held; the folder is created.
    ///
    /// - Throws: `CommandError` if another run is writing to it, `TensorError` if the folder cannot be created.
    func lock() throws -> FileLock {
        let path = folder.appending(path: ".lock").path
        try AtomicFile.createFolder(of: path)
        guard let lock = try FileLock(path: path) else {
            throw CommandError(
                "another run is writing to \(folder.path): wait for its end, or set training.output_dir to another "
                    + "folder")
        }
        return lock
    }

    /// Prevents the loss of earlier results.
    ///
    /// - Parameter options: what a command offers where there is something, for the message.
    /// - Throws: `CommandError` if an earlier run lies there and neither `resume` nor `overwrite` is given.
    func prepare(
        resume: Bool, overwrite: Bool, options: String = "give --resume to continue it, or --overwrite to replace it"
    ) throws {
        try check(isExpected: resume || overwrite, options: options)
        guard overwrite else { return }
        try ModelCard.write([], base: nil, to: folder)
        for name in ["checkpoints", "runs", "trainer_log.jsonl", "loss.svg", SkippedRows.fileName] {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    /// Refuses a folder that holds something of worth where none is expected; nothing is changed.
    ///
    /// - Throws: `CommandError`.
    func check(
        isExpected: Bool, options: String = "give --resume to continue it, or --overwrite to replace it"
    ) throws {
        guard isExpected || !isUsed else {
            throw CommandError("\(folder.path) contains an earlier run or adapter: \(options)")
        }
    }

    /// Writes `run.yaml`, as resolved.
    func writeConfiguration() throws {
        try RunFile.write(configuration, to: folder.appending(path: "run.yaml").path)
    }

    /// Whether the folder holds an adapter.
    var hasAdapter: Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: AdapterFolder.weightsFile).path)
    }

    /// Whether the folder holds something of worth, also if lorad has not written it: a run from `adapter.path` may have
    /// been told to write there too.
    private var isUsed: Bool {
        ["trainer_log.jsonl", "checkpoints", AdapterFolder.weightsFile].contains {
            FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
        }
    }
}
