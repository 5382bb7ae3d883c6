import Foundation

/// The learning rate of each step as a share of its peak, as transformers' `get_scheduler` has it.
///
/// With w warm-up steps of T: t/w while t < w; then 1 (constant), (T−t)/(T−w) (linear), or ½(1+cos π(t−w)/(T−w)) (cosine).
public struct LearningRateSchedule: Sendable, Equatable {
    private let type: LearningRateSchedulerType
    private let warmupSteps: Int
    private let totalSteps: Int

    /// The schedule of a run of `totalSteps`.
    public init(_ type: LearningRateSchedulerType, warmupSteps: Int, totalSteps: Int) {
        self.type = type
        self.warmupSteps = type == .constant ? 0 : warmupSteps
        self.totalSteps = totalSteps
    }

    /// The share at a step, counted from 0.
    public func factor(step: Int) -> Double {
        if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
        let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
        switch type {
        case .constant, .constantWithWarmup: return 1
        case .linear: return max(0, 1 - progress)
        case .cosine: return max(0, 0.5 * (1 + cos(.pi * progress)))
        }
    }
}
