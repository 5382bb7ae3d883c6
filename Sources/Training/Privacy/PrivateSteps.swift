import Tensors

/// What makes the steps of a stretch differentially private for each unit of the data, by DP-SGD (Abadi et al. 2016,
/// arXiv:1607.00133): a step takes a random sample of the units, bounds what each adds to its gradient, and adds noise.
public struct PrivateSteps: Sendable {
    /// The longest that a unit's gradient may be.
    public let clip: Double
    private let units: ExampleUnits
    private let expectedCount: Int
    private let sample: @Sendable () throws -> [Int]
    private let addNoise: @Sendable (inout [Float]) throws -> Void

    /// Describes the steps; how randomness is made is the caller's, for it is what the guarantee rests on.
    ///
    /// - Parameters:
    ///   - clip: the longest that a unit's gradient may be.
    ///   - units: what is protected.
    ///   - expectedCount: units in a step on average: sums are divided by it, which tells nothing of a sample.
    ///   - sample: units of a step, each by an independent coin.
    ///   - addNoise: adds noise to a sum.
    public init(
        clip: Double, units: ExampleUnits, expectedCount: Int, sample: @escaping @Sendable () throws -> [Int],
        addNoise: @escaping @Sendable (inout [Float]) throws -> Void
    ) {
        self.clip = clip
        self.units = units
        self.expectedCount = expectedCount
        self.sample = sample
        self.addNoise = addNoise
    }

    /// The rows of the units of a step.
    func draw() throws -> [[Int]] { try sample().map { units.rows[$0] } }

    /// A sum with noise.
    public func noisy(_ sum: [Float]) throws -> [Float] {
        var sum = sum
        try addNoise(&sum)
        return sum
    }

    /// (sum + noise) / expected, also for tensors that the sum does not reach.
    ///
    /// - Parameter trained: the tensors that train, nil in the place of one that keeps its values.
    func noisyMean(_ sum: StepGradients, of trained: [Tensor?]) throws -> StepGradients {
        var values: [Float] = []
        values.reserveCapacity(trained.reduce(0) { $0 + ($1?.count ?? 0) })
        for (gradient, tensor) in zip(sum.gradients, trained) {
            guard let tensor else { continue }
            values += gradient?.values ?? Array(repeating: 0, count: tensor.count)
        }
        values = try noisy(values)
        var start = 0
        let means = trained.map { tensor in
            tensor.map { tensor in
                defer { start += tensor.count }
                return Tensor(
                    values[start..<start + tensor.count].map { $0 / Float(expectedCount) }, shape: tensor.shape)
            }
        }
        return StepGradients(means, loss: sum.loss)
    }
}
