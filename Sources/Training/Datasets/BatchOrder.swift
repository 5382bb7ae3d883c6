import Tensors

/// Which examples each optimizer step takes: a function of the seed and the step alone, so a run resumes exactly.
///
/// Every epoch takes each example once in ⌈examples / rowsPerStep⌉ steps, in the order of the file or in a new shuffled
/// order. The last step of an epoch may be short, as in transformers' Trainer (`dataloader_drop_last` is false).
public struct BatchOrder: Equatable, Sendable {
    /// How many examples there are.
    public let rowCount: Int
    /// Examples in a micro-batch.
    public let batchSize: Int
    /// Micro-batches in a step.
    public let accumulation: Int
    /// Seeds the order of the epochs; nil keeps the file's order.
    public let shuffleSeed: UInt64?

    /// Creates an order over at least one example.
    public init(rowCount: Int, batchSize: Int, accumulation: Int = 1, shuffleSeed: UInt64?) {
        precondition(rowCount > 0 && batchSize > 0 && accumulation > 0, "a step needs rows")
        self.rowCount = rowCount
        self.batchSize = batchSize
        self.accumulation = accumulation
        self.shuffleSeed = shuffleSeed
    }

    /// The order that a run's arguments ask for.
    public init(rowCount: Int, data: DataArguments, training: TrainingArguments) {
        self.init(
            rowCount: rowCount, batchSize: training.perDeviceTrainBatchSize,
            accumulation: training.gradientAccumulationSteps,
            shuffleSeed: data.shuffle ? UInt64(bitPattern: Int64(training.seed)) : nil)
    }

    /// Examples in a step that is not short.
    public var rowsPerStep: Int { batchSize * accumulation }

    /// Steps in an epoch.
    public var stepsPerEpoch: Int { (rowCount + rowsPerStep - 1) / rowsPerStep }

    /// Steps in a whole run: `maxSteps` if positive, otherwise ⌈epochs · stepsPerEpoch⌉.
    public func totalSteps(epochs: Double, maxSteps: Int) -> Int {
        maxSteps > 0 ? maxSteps : Int((epochs * Double(stepsPerEpoch)).rounded(.up))
    }

    /// The examples of a step, from 0.
    public func rows(ofStep step: Int) -> [Int] {
        let start = step % stepsPerEpoch * rowsPerStep
        let places = start..<min(start + rowsPerStep, rowCount)
        guard let shuffleSeed else { return Array(places) }
        var generator = SplitMix64(seed: shuffleSeed, stream: UInt64(step / stepsPerEpoch))
        return Array(generator.permutation(rowCount)[places])
    }

    /// The examples of a step as its micro-batches; the last may be short, and a short step has fewer.
    public func microBatches(ofStep step: Int) -> [[Int]] {
        let rows = rows(ofStep: step)
        return stride(from: 0, to: rows.count, by: batchSize).map { start in
            Array(rows[start..<min(start + batchSize, rows.count)])
        }
    }

    /// Number of epochs after a number of steps.
    public func epochs(afterSteps steps: Int) -> Double {
        let within = min(steps % stepsPerEpoch * rowsPerStep, rowCount)
        return Double(steps / stepsPerEpoch) + Double(within) / Double(rowCount)
    }
}
