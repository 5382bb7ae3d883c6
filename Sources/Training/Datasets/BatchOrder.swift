import Tensors

/// Which rows each optimizer step takes: a function of the seed and the step alone, so that a run resumes exactly.
///
/// Shuffled, every epoch goes through all rows once in an order of its own: ⌈rows / rowsPerStep⌉ steps, the last of
/// which may be short (`drop_last` is false). In file order, row i of step t is (t · rowsPerStep + i) mod rows: steps
/// are never short, and an epoch still counts ⌈rows / rowsPerStep⌉ of them.
public struct BatchOrder: Equatable, Sendable {
    /// How many rows there are.
    public let rowCount: Int
    /// Rows in a micro-batch.
    public let batchSize: Int
    /// Micro-batches in a step.
    public let accumulation: Int
    /// Seeds the order of the epochs; nil keeps the file's order.
    public let shuffleSeed: UInt64?

    /// Creates an order over at least one row.
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

    /// Rows in a step that is not short.
    public var rowsPerStep: Int { batchSize * accumulation }

    /// Steps in an epoch.
    public var stepsPerEpoch: Int { (rowCount + rowsPerStep - 1) / rowsPerStep }

    /// Steps in a whole run: `maxSteps` where it is positive, else ⌈epochs · stepsPerEpoch⌉.
    public func totalSteps(epochs: Double, maxSteps: Int) -> Int {
        maxSteps > 0 ? maxSteps : Int((epochs * Double(stepsPerEpoch)).rounded(.up))
    }

    /// The rows of a step, from 0.
    public func rows(ofStep step: Int) -> [Int] {
        guard let shuffleSeed else {
            return (0..<rowsPerStep).map { (step * rowsPerStep + $0) % rowCount }
        }
        var generator = SplitMix64(seed: shuffleSeed, stream: UInt64(step / stepsPerEpoch))
        let start = step % stepsPerEpoch * rowsPerStep
        return Array(generator.permutation(rowCount)[start..<min(start + rowsPerStep, rowCount)])
    }

    /// The rows of a step as its micro-batches; the last may be short, and a short step has fewer.
    public func microBatches(ofStep step: Int) -> [[Int]] {
        let rows = rows(ofStep: step)
        return stride(from: 0, to: rows.count, by: batchSize).map { start in
            Array(rows[start..<min(start + batchSize, rows.count)])
        }
    }

    /// How often the data has been gone through after so many steps.
    public func epochs(afterSteps steps: Int) -> Double {
        guard shuffleSeed != nil else { return Double(steps * rowsPerStep) / Double(rowCount) }
        let within = min(steps % stepsPerEpoch * rowsPerStep, rowCount)
        return Double(steps / stepsPerEpoch) + Double(within) / Double(rowCount)
    }
}
