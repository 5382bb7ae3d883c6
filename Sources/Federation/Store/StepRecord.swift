public import Foundation

/// The figures of one optimizer step.
public struct StepRecord: Sendable, Equatable {
    /// The step's number.
    public var step: Int
    /// When it was done.
    public var time: Date
    /// The figures, a JSON object.
    public var metrics: String

    /// Creates a step's record.
    public init(step: Int, time: Date, metrics: String) {
        self.step = step
        self.time = time
        self.metrics = metrics
    }
}
