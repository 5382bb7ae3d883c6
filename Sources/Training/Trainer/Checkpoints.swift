public import Adapters
public import Foundation
import Tensors

/// The checkpoints of a run: `checkpoints/step-N/`, each a PEFT folder that also contains the optimizer's state.
///
/// A checkpoint is written under a temporary name and renamed, so a folder `step-N` is always complete. If a checkpoint
/// is saved again, the old one is kept as `step-N.before` until the new one is on disk, and is used if a crash left
/// only it.
public struct Checkpoints: Sendable {
    private struct State: Codable {
        var step: Int
        var best: BestCheckpoint?
    }

    private static let optimizerFile = "optimizer.safetensors"
    private static let stateFile = "trainer_state.json"
    private static let asideSuffix = ".before"

    private let folder: URL
    private let limit: Int?

    /// The checkpoints of a run's output folder.
    ///
    /// - Parameter limit: newest checkpoints to keep; nil keeps all.
    public init(outputFolder: URL, limit: Int?) {
        folder = outputFolder.appending(path: "checkpoints")
        self.limit = limit
    }

    /// The folder of the newest checkpoint, or `nil` if absent.
    public var latest: URL? {
        steps().last.flatMap(existing)
    }

    /// The folder of a step's checkpoint.
    public func url(_ step: Int) -> URL { folder.appending(path: "step-\(step)") }

    /// The folder of a step's checkpoint, including one that a crash left put aside; `nil` if absent.
    public func existing(_ step: Int) -> URL? {
        [url(step), aside(step)].first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Where a checkpoint that is saved again waits for its successor.
    private func aside(_ step: Int) -> URL { folder.appending(path: "step-\(step)\(Self.asideSuffix)") }

    /// Saves the state after a step and then, once it is on disk, removes checkpoints beyond `limit`.
    ///
    /// - Parameters:
    ///   - best: the best evaluation so far, whose checkpoint is never removed.
    ///   - record: everything that the run's result depends on; `nil` saves none.
    /// - Throws: `TensorError` or `TrainingError` if it cannot be written; older checkpoints are unchanged.
    public func save(
        step: Int, weights: AdapterWeights, optimizer: AdamW, best: BestCheckpoint? = nil, record: TrainingRecord? = nil
    ) throws {
        let partial = folder.appending(path: "step-\(step).partial")
        let manager = FileManager.default
        do {
            try? manager.removeItem(at: partial)
            try weights.write(to: partial)
            try optimizer.stateDict.write(to: partial.appending(path: Self.optimizerFile).path)
            try record?.write(to: partial)
            try AtomicFile.write(
                JSONEncoder().encode(State(step: step, best: best)), to: partial.appending(path: Self.stateFile).path)
            try replace(step, with: partial)
        } catch {
            try? manager.removeItem(at: partial)
            throw TrainingError(
                .writeFailed, "the checkpoint of step \(step) cannot be saved in \(folder.path)", cause: error)
        }
        try? manager.removeItem(at: aside(step))
        guard let limit else { return }
        for old in steps().dropLast(max(1, limit)) where old != best?.step {
            for place in [url(old), aside(old)] { try? manager.removeItem(at: place) }
        }
    }

    /// Renames a whole checkpoint into place and flushes the folder; an older one of the step stays until then.
    private func replace(_ step: Int, with partial: URL) throws {
        let manager = FileManager.default
        if manager.fileExists(atPath: url(step).path) {
            try? manager.removeItem(at: aside(step))
            try manager.moveItem(at: url(step), to: aside(step))
        }
        try manager.moveItem(at: partial, to: url(step))
        try AtomicFile.synchronize(folder: folder.path, of: url(step).path)
    }

    /// Restores an optimizer from a checkpoint folder.
    ///
    /// - Returns: the step that the checkpoint was saved after, and the best evaluation until then.
    /// - Throws: `TrainingError` or `TensorError` if a file is missing or damaged.
    public static func restore(
        _ optimizer: inout AdamW, from checkpoint: URL
    ) throws -> (step: Int, best: BestCheckpoint?) {
        let file = checkpoint.appending(path: stateFile)
        let state: State
        do {
            state = try JSONDecoder().decode(State.self, from: Data(contentsOf: file))
        } catch {
            throw TrainingError(
                .corruptFile, "\(file.path): cannot be read; resume from an older checkpoint", cause: error)
        }
        let path = checkpoint.appending(path: optimizerFile).path
        try optimizer.restore(SafetensorsFile(path: path).stateDict, from: path)
        return (state.step, state.best)
    }

    private func steps() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let steps = names.compactMap { name -> Int? in
            let number = name.hasSuffix(Self.asideSuffix) ? name.dropLast(Self.asideSuffix.count) : name[...]
            return number.hasPrefix("step-") ? Int(number.dropFirst(5)) : nil
        }
        return Set(steps).sorted()
    }
}
