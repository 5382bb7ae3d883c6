/// Which base model a run uses, and how it computes.
public struct ModelArguments: Equatable, Sendable {
    /// What numbers the frozen weights and matrix products use; everything else is fp32 in both.
    public enum Precision: String, CaseIterable, Sendable {
        case fp32
        case bf16
    }

    /// The Hugging Face folder of the base model.
    public var path = ""
    /// The numbers it computes with.
    public var precision = Precision.fp32

    /// No model yet, fp32.
    public init() {}
}
