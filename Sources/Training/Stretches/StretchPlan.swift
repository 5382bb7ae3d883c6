/// Which examples each step of a stretch takes.
public struct StretchPlan: Sendable {
    /// The most steps of a stretch.
    public static let maxSteps = 1 << 20

    private enum Order: Sendable {
        case listed([[Int]])
        case drawn(BatchOrder, from: [Int])
    }

    /// Optimizer steps.
    public let stepCount: Int
    private let order: Order

    /// Steps over the given examples each.
    public init(steps: [[Int]]) {
        stepCount = steps.count
        order = .listed(steps)
    }

    /// Steps over some examples of a source, in the same order as in a run over only these examples.
    ///
    /// - Parameters:
    ///   - rows: positions in the source.
    ///   - length: the number of steps.
    ///   - rowsPerStep: examples per step; the last step of an epoch may be short.
    ///   - shuffleSeed: seeds the order of the epochs; `nil` keeps the order of `rows`.
    /// - Throws: `TrainingError.invalidWork` if there are no examples, no steps, or more than `maxSteps`.
    public init(rows: [Int], length: StretchLength, rowsPerStep: Int, shuffleSeed: UInt64?) throws {
        guard !rows.isEmpty, rowsPerStep > 0 else {
            throw TrainingError(.invalidWork, "\(rows.count) examples cannot make steps of \(rowsPerStep)")
        }
        let order = BatchOrder(rowCount: rows.count, batchSize: rowsPerStep, shuffleSeed: shuffleSeed)
        stepCount = try Self.stepCount(length, stepsPerEpoch: order.stepsPerEpoch)
        self.order = .drawn(order, from: rows)
    }

    /// The examples of a step, from 0.
    func rows(ofStep step: Int) -> [Int] {
        switch order {
        case .listed(let steps): steps[step]
        case .drawn(let order, let rows): order.rows(ofStep: step).map { rows[$0] }
        }
    }

    private static func stepCount(_ length: StretchLength, stepsPerEpoch: Int) throws -> Int {
        let wanted =
            switch length {
            case .steps(let count): Double(count)
            case .epochs(let count): (count * Double(stepsPerEpoch)).rounded(.up)
            }
        guard wanted >= 1, wanted <= Double(maxSteps) else {
            throw TrainingError(.invalidWork, "a stretch of \(wanted) steps: expected 1 to \(maxSteps)")
        }
        return Int(wanted)
    }
}
