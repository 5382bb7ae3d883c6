public import Adapters

/// How a stretch of local training differs from the run's own steps.
public struct StretchOptions: Codable, Equatable, Sendable {
    /// A half of every LoRA pair that keeps its values.
    public enum FrozenFactor: String, CaseIterable, Codable, Sendable {
        /// Every A: FFA-LoRA (arXiv:2403.12313), or a round of B in RoLoRA (arXiv:2409.02346).
        case loraA = "lora_A"
        /// Every B: a round of A in RoLoRA.
        case loraB = "lora_B"

        /// The role of the tensors that keep their values.
        public var role: FactorRole { self == .loraA ? .a : .b }
    }

    /// What dropout masks are drawn from, with the step and the micro-batch.
    public var seed: Int
    /// Steps taken before the stretch.
    public var firstStep: Int
    /// The learning rate of every step as a share of its peak.
    public var learningRateFactor: Double
    /// μ of FedProx (arXiv:1812.06127): μ/2 ‖x − x₀‖² is added to the loss; 0 disables it.
    public var proximalStrength: Double
    /// Which half of every LoRA pair keeps its values; nil trains both.
    public var frozenFactor: FrozenFactor?

    /// Both factors train, without a proximal term.
    public init(
        seed: Int, firstStep: Int = 0, learningRateFactor: Double = 1, proximalStrength: Double = 0,
        frozenFactor: FrozenFactor? = nil
    ) {
        self.seed = seed
        self.firstStep = firstStep
        self.learningRateFactor = learningRateFactor
        self.proximalStrength = proximalStrength
        self.frozenFactor = frozenFactor
    }

    /// Refuses what no stretch can be run with; options come from a coordinator.
    ///
    /// - Throws: `TrainingError.invalidWork`.
    func check() throws {
        guard (0...1 << 40).contains(firstStep) else {
            throw TrainingError(.invalidWork, "the first step is \(firstStep), expected 0 to 2^40")
        }
        for (name, value) in [
            ("the learning rate's factor", learningRateFactor), ("the proximal strength", proximalStrength),
        ] where !(value.isFinite && value >= 0) {
            throw TrainingError(.invalidWork, "\(name) is \(value), expected a number of at least 0")
        }
    }
}
