/// What a run is judged by: transformers' `metric_for_best_model`.
public enum BestModelMetric: String, CaseIterable, Sendable {
    /// The mean loss of the validation examples; less is better.
    case loss
    /// The share of examples that are answered right, or of images whose nearest caption is theirs; more is better.
    case exactMatch = "exact_match"

    /// The metric of an evaluation.
    public func value(of evaluation: Evaluation) -> Double { self == .loss ? evaluation.loss : evaluation.exactMatch }

    func isBetter(_ value: Double, than other: Double) -> Bool { self == .loss ? value < other : value > other }
}

/// The best evaluation of a run so far, and how long ago it was.
///
/// As in transformers: an evaluation is the best if it is better at all than those before; it counts towards
/// `early_stopping_patience` unless it is better by more than `early_stopping_threshold`.
public struct BestCheckpoint: Sendable, Equatable, Codable {
    /// The step that it was made after; `nil` before the first evaluation.
    public private(set) var step: Int?
    /// The metric's value.
    public private(set) var value: Double?
    /// Evaluations since one that was better by more than the threshold.
    public private(set) var evaluationsWithoutGain = 0

    /// Before the first evaluation.
    public init() {}

    /// Takes in an evaluation's metric.
    ///
    /// - Returns: whether it is the best.
    public mutating func add(_ new: Double, step: Int, _ arguments: TrainingArguments) -> Bool {
        let metric = arguments.metricForBestModel
        guard let value else {
            (self.step, value) = (step, new)
            return true
        }
        let isBetter = metric.isBetter(new, than: value)
        let isGain = isBetter && abs(new - value) > arguments.earlyStoppingThreshold
        evaluationsWithoutGain = isGain ? 0 : evaluationsWithoutGain + 1
        if isBetter { (self.step, self.value) = (step, new) }
        return isBetter
    }

    /// Whether there has been no gain for so long that the run is to end.
    public func ends(_ arguments: TrainingArguments) -> Bool {
        arguments.earlyStoppingPatience.map { evaluationsWithoutGain >= $0 } ?? false
    }
}
