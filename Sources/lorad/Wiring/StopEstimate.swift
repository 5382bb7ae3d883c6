import Adapters
import Foundation
import Models
import Tensors
import Training

/// How long `lorad train` takes to stop after a signal, at most: it finishes a step, and an evaluation that is due after it,
/// and saves a checkpoint.
///
/// With P parameters and T tokens, a forward pass takes 2PT operations, and a backward pass through frozen weights as many;
/// gradients of the weights themselves, or a second forward pass (`gradient_checkpointing`), take 2PT more each.
struct StopEstimate: CustomStringConvertible {
    /// Seconds of the step with the longest examples.
    let step: Double
    /// Seconds of an evaluation; 0 without validation data.
    let evaluation: Double
    /// How fast a checkpoint is written.
    let checkpoint: CheckpointSpeed

    /// The share of the speed of large matrix products that training reaches, at least.
    static func efficiency(of type: DType) -> Double { type == .bfloat16 ? 0.2 : 1.0 / 3 }

    /// Measures matrix products and the output folder's disk for about half a second.
    init(
        _ adapted: AdaptedModel, training: some RowLengths, validation: (some RowLengths)?,
        arguments: TrainingArguments, lanes: Int, output: URL
    ) {
        let type: DType = Products.areNativeInBFloat16 ? adapted.computing : .float32
        let products = SpeedReading.product(type, cores: min(lanes, AvailableCores.count))
        let speed = max(1e6, (products?.gflopsOfAll ?? 0) * 1e9 * Self.efficiency(of: type))
        let parameters = Double(adapted.parameterCount.all)
        let passes = Self.passes(arguments.recomputes(adapted.model), !adapted.weights.plan.savedModules.isEmpty)
        let tokens = Self.longestStep(training, rows: arguments.rowsPerStep)
        step = 2 * passes * parameters * Double(tokens) / speed
        evaluation = 2 * parameters * Double(validation.map { Self.tokens($0) } ?? 0) / speed
        checkpoint = CheckpointSpeed(bytes: 3 * 4 * adapted.weights.plan.trainableCount, folder: output)
    }

    /// An estimate of known parts.
    init(step: Double, evaluation: Double, checkpoint: CheckpointSpeed) {
        (self.step, self.evaluation, self.checkpoint) = (step, evaluation, checkpoint)
    }

    /// Forward passes that a step is worth.
    private static func passes(_ recomputes: Bool, _ trainsWeights: Bool) -> Double {
        2 + (recomputes ? 1 : 0) + (trainsWeights ? 1 : 0)
    }

    /// Tokens of a step whose examples are the longest.
    static func longestStep(_ lengths: some RowLengths, rows: Int) -> Int {
        guard lengths.count > 0 else { return 0 }
        let sorted = (0..<lengths.count).map { lengths.length(at: $0) }.sorted(by: >)
        return (0..<rows).reduce(0) { $0 + sorted[$1 % sorted.count] }
    }

    private static func tokens(_ lengths: some RowLengths) -> Int {
        (0..<lengths.count).reduce(0) { $0 + lengths.length(at: $1) }
    }

    /// All three, in seconds.
    var total: Double { step + evaluation + checkpoint.seconds }

    /// Whole seconds of notice that a scheduler should give, with ten to spare; 65,535 is Slurm's limit.
    var notice: Int { min(65_535, 10 * Int(((min(total, 65_535) + 10) / 10).rounded(.up))) }

    var description: String {
        let lines = [
            ("step with the longest examples", step), ("evaluation", evaluation),
            ("checkpoint of \(checkpoint.bytes.bytesText)", checkpoint.seconds), ("total", total),
        ]
        let text = lines.map { name, seconds in
            "  " + name.padding(toLength: 36, withPad: " ", startingAt: 0) + String(format: "%9.1f s", seconds)
        }
        return
            (["longest time from a stop signal to the saved checkpoint, at the speed of matrix products measured now:"]
            + text + [checkpoint.remark].compactMap(\.self)).joined(separator: "\n")
    }

    var json: JSONValue {
        .object([
            .init("step", .double(step)), .init("evaluation", .double(evaluation)),
            .init("checkpoint", .double(checkpoint.seconds)), .init("total", .double(total)),
        ])
    }
}
