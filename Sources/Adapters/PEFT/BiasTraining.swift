/// Which of the base model's biases train along with the adapter (`bias`).
public enum BiasTraining: String, Sendable, CaseIterable {
    /// None: the base is unchanged.
    case none
    /// Every parameter named `bias`, adapted or not.
    case all
    /// The biases of the adapted layers.
    case loraOnly = "lora_only"
}
