/// Figures of a run at a step: a line of `trainer_log.jsonl`.
public struct LogRecord: Codable, Equatable, Sendable {
    /// Optimizer steps taken.
    public var step: Int
    /// Times that the data has been gone through.
    public var epoch: Double
    /// Mean loss of a supervised token over the steps since the last record.
    public var loss: Double?
    /// The last step's learning rate.
    public var learningRate: Double?
    /// The last step's gradient norm, before clipping.
    public var gradNorm: Double?
    /// Tokens that counted for the loss, over the steps since the last record.
    public var supervisedTokens: Int?
    /// Tokens per second, without padding, over the steps since the last record.
    public var tokensPerSecond: Double?
    /// Mean loss of a supervised token of the validation data.
    public var evalLoss: Double?
    /// Tokens of the validation data that counted for the loss.
    public var evalSupervisedTokens: Int?
    /// Share of the validation examples whose generated answer is the expected one.
    public var evalExactMatch: Double?
    /// Share of the validation images whose nearest caption is their own.
    public var evalRecallAt1: Double?
    /// Changed settings if the run was resumed at this step; such a record has no measurements.
    public var resumedWith: [TrainingRecord.Change]?

    private enum CodingKeys: String, CodingKey {
        case step, epoch, loss
        case learningRate = "learning_rate"
        case gradNorm = "grad_norm"
        case supervisedTokens = "supervised_tokens"
        case tokensPerSecond = "tokens_per_second"
        case evalLoss = "eval_loss"
        case evalSupervisedTokens = "eval_supervised_tokens"
        case evalExactMatch = "eval_exact_match"
        case evalRecallAt1 = "eval_recall_at_1"
        case resumedWith = "resumed_with"
    }

    /// Creates a record without measurements.
    public init(step: Int, epoch: Double) {
        self.step = step
        self.epoch = epoch
    }

    /// Takes up an evaluation.
    public mutating func add(_ evaluation: Evaluation) {
        evalLoss = evaluation.loss
        evalSupervisedTokens = evaluation.supervisedTokens
        switch evaluation.criterion {
        case .exactMatch: evalExactMatch = evaluation.exactMatch
        case .recallAt1: evalRecallAt1 = evaluation.exactMatch
        }
    }

    /// The measurements that are given, by the names that `trainer_log.jsonl` has for them, in its order.
    var measurements: [(name: String, value: Double)] {
        let all: [(CodingKeys, Double?)] = [
            (.epoch, epoch), (.loss, loss), (.learningRate, learningRate), (.gradNorm, gradNorm),
            (.supervisedTokens, supervisedTokens.map(Double.init)), (.tokensPerSecond, tokensPerSecond),
            (.evalLoss, evalLoss), (.evalSupervisedTokens, evalSupervisedTokens.map(Double.init)),
            (.evalExactMatch, evalExactMatch), (.evalRecallAt1, evalRecallAt1),
        ]
        return all.compactMap { key, value in value.map { (key.rawValue, $0) } }
    }
}
