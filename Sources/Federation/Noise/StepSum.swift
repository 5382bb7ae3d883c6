/// A sum of updates in whole steps, and how far one worker can have moved it.
struct StepSum: Equatable, Sendable {
    /// The sum.
    var steps: [Int64]
    /// What one step stands for.
    let step: Double
    /// The longest, in L2 norm and in steps, that one worker's part may be.
    let sensitivity: Double
}
