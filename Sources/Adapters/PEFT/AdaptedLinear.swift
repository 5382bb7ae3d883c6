/// A linear layer with a LoRA adapter: y = Wx + scaling · B·A·dropout(x).
public struct AdaptedLinear: Sendable, Equatable {
    /// The layer's path in the base model.
    public let path: String
    /// r, the rows of A [r, in] and columns of B [out, r].
    public let rank: Int
    /// α.
    public let alpha: Double
    /// α/r, or α/√r with rank stabilisation.
    public let scaling: Double
    /// Probability with which an input of A is dropped in training.
    public let dropout: Double
    /// Width of x.
    public let inputs: Int
    /// Width of y.
    public let outputs: Int
}
