import Adapters
import Foundation
import Models
import Training

/// What a run takes in memory, by kind, in bytes.
struct MemoryEstimate: CustomStringConvertible {
    /// The checkpoint's files: mapped, shared by every process on the machine.
    var mappedWeights: Int
    /// Trainable tensors, and AdamW's two moments of each.
    var trainable: Int
    /// Gradients of the micro-batches under way, and of those that wait in the tree of sums.
    var gradients: Int
    /// What a micro-batch keeps for its backward pass, on every lane.
    var activations: Int

    init(_ adapted: AdaptedModel, rows: some RowSource, arguments: TrainingArguments, lanes: Int) {
        mappedWeights = adapted.folder.checkpoint.byteCount
        let parameters = 4 * adapted.weights.plan.trainableCount
        trainable = 3 * parameters
        let longest = (0..<rows.count).reduce(0) { max($0, rows.length(at: $1)) }
        let step = Array(repeating: longest, count: arguments.rowsPerStep)
        let microBatch = MicroBatches.split(lengths: step).map { $0.count * longest }.max() ?? longest
        gradients = (2 * lanes + 1) * parameters
        activations =
            lanes
            * adapted.model.activationBytes(
                tokens: microBatch, pictures: microBatch / max(1, longest),
                checkpointing: arguments.gradientCheckpointing)
    }

    /// Memory of the process's own.
    var own: Int { trainable + gradients + activations }

    var description: String {
        let lines = [
            ("base weights, mapped from the files", mappedWeights), ("adapter and optimizer", trainable),
            ("gradients", gradients), ("activations and buffers", activations), ("total of its own", own),
        ]
        return
            (["memory estimate, for micro-batches of the longest rows:"]
            + lines.map { String(format: "  %-36@ %8.1f MB", $0.0 as NSString, Double($0.1) / 1e6) })
            .joined(separator: "\n")
    }
}
