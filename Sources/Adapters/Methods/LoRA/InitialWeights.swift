/// How fresh adapter weights are drawn (`init_lora_weights`).
public enum InitialWeights: Sendable, Equatable {
    /// `true`: A uniform within ±1/√in, B zero, so the adapter starts without effect.
    case standard
    /// `false`: A and B both uniform, for debugging.
    case random
    /// `gaussian`: A normal with standard deviation 1/r, B zero.
    case gaussian
}
