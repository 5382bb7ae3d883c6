public import Tensors

/// Makes the steps of a stretch differentially private for each unit of the data, with DP-SGD (Abadi et al. 2016,
/// arXiv:1607.00133): a step takes a random sample of the units, clips the gradient of each, and adds noise.
public struct PrivateSteps: Sendable {
    /// The steps that a unit's gradient is rounded to, and the longest that it may be.
    public let grid: NormGrid
    private let units: ExampleUnits
    private let divisor: Int
    private let sample: @Sendable () throws -> [Int]
    private let maskKey: @Sendable () -> UInt64
    private let noised: @Sendable ([Int64]) throws -> [Float]
    let unreadable: @Sendable (any Error) -> Void

    /// Describes the steps. The caller supplies the randomness, on which the guarantee rests.
    ///
    /// - Parameters:
    ///   - grid: clips a unit's gradient.
    ///   - units: the protected units.
    ///   - divisor: the divisor of sums, which must not depend on units or samples.
    ///   - sample: draws the units of a step, each independently.
    ///   - maskKey: a fresh secret for each unit of each step, which its dropout masks are drawn from: masks that
    ///     followed from a unit's place among the others would change with them.
    ///   - noised: a sum in steps of the grid, with noise, in the units of the gradient.
    ///   - unreadable: called, on any lane, with the error of a unit whose examples or images cannot be read. The unit
    ///     adds nothing to its step, which continues.
    public init(
        grid: NormGrid, units: ExampleUnits, divisor: Int, sample: @escaping @Sendable () throws -> [Int],
        maskKey: @escaping @Sendable () -> UInt64 = { .random(in: 0 ... .max) },
        noised: @escaping @Sendable ([Int64]) throws -> [Float],
        unreadable: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.grid = grid
        self.units = units
        self.divisor = divisor
        self.sample = sample
        self.maskKey = maskKey
        self.noised = noised
        self.unreadable = unreadable
    }

    /// The units of a step.
    func draw() throws -> [ClippedGradients.Unit] {
        try sample().map { ClippedGradients.Unit(rows: units.rows[$0], key: maskKey()) }
    }

    /// A sum in steps of the grid, with noise.
    public func noisy(_ sum: [Int64]) throws -> [Float] { try noised(sum) }

    /// (sum + noise) / divisor, also for tensors that the sum does not reach. There is no loss: nothing but the noisy
    /// gradient leaves a step.
    ///
    /// - Parameter trained: the tensors that train, nil in the place of one that keeps its values.
    func noisyMean(_ sum: GradientSum, of trained: [Tensor?]) throws -> StepGradients {
        let values = try noisy(sum.steps)
        var start = 0
        let means = trained.map { tensor in
            tensor.map { tensor in
                defer { start += tensor.count }
                return Tensor(values[start..<start + tensor.count].map { $0 / Float(divisor) }, shape: tensor.shape)
            }
        }
        return StepGradients(means, loss: 0)
    }
}
