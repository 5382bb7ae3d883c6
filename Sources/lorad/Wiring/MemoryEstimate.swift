import Adapters
import Foundation
import Models
import Tensors
import Training

/// What a run takes in memory, by kind, in bytes.
struct MemoryEstimate: CustomStringConvertible {
    /// The checkpoint's files: mapped, shared by every process on the machine.
    var mappedWeights: Int
    /// Memory that the process uses already, without buffers: program, libraries, tokenizer, index of the examples.
    var program: Int
    /// Trainable tensors, and AdamW's two moments of each.
    var trainable: Int
    /// Gradients of the micro-batches under way, and of those that wait in the tree of sums.
    var gradients: Int
    /// What a micro-batch keeps for its backward pass, on every lane.
    var activations: Int

    init(_ adapted: AdaptedModel, rows: some RowLengths, arguments: TrainingArguments, lanes: Int) {
        mappedWeights = adapted.folder.checkpoint.byteCount
        program = max(0, Self.residentBytes - BufferPool.shared.statistics.bytesInUse)
        let parameters = 4 * adapted.weights.plan.trainableCount
        trainable = 3 * parameters
        gradients = Self.rounded((2 * lanes + 1) * parameters)
        let longest = (0..<rows.count).reduce(0) { max($0, rows.length(at: $1)) }
        let step = Array(repeating: longest, count: arguments.rowsPerStep)
        let microBatch =
            MicroBatches.split(lengths: step, targetTokens: adapted.model.microBatchTokens)
            .map { $0.count * longest }.max() ?? longest
        let recomputes = arguments.recomputes(adapted.model)
        let kept = { (tokens: Int) in
            Self.rounded(
                adapted.model.activationBytes(
                    tokens: tokens, pictures: tokens / max(1, longest), checkpointing: recomputes))
        }
        if adapted.model.objective.needsWholeStep, !recomputes {
            activations = kept(step.reduce(0, +))  // the whole step waits for its loss
        } else {
            activations = lanes * kept(microBatch)
        }
    }

    /// Buffers are rounded up, by an eighth at most.
    private static func rounded(_ bytes: Int) -> Int { bytes + bytes / 8 }

    /// Resident memory of this process; 0 if the system does not report it.
    private static var residentBytes: Int {
        let statistics = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = statistics?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Memory of the process's own.
    var own: Int { program + trainable + gradients + activations }

    var description: String {
        let lines = [
            ("base weights, mapped from the files", mappedWeights), ("program, tokenizer, examples", program),
            ("adapter and optimizer", trainable), ("gradients", gradients), ("activations and buffers", activations),
            ("total without mapped weights", own),
        ]
        let text = lines.map { name, bytes in
            "  " + name.padding(toLength: 36, withPad: " ", startingAt: 0)
                + String(format: "%9.1f MB", Double(bytes) / 1e6)
        }
        return (["memory estimate, for micro-batches of the longest examples:"] + text).joined(separator: "\n")
    }
}
