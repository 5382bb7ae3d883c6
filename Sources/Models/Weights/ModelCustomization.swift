public import Tensors

/// Replaces or extends a checkpoint's weights while a model is built: adapters, and trainable parameters.
public protocol ModelCustomization: Sendable {
    /// The trainable tensor that replaces the parameter at `path` (`<module>.weight`), if there is one; float32.
    func parameter(at path: String) -> Tensor?
    /// What stands beside the weight of the linear module at `path`; nothing by default.
    func additions(at path: String) -> LinearAdditions
    /// Rows of the embedding, or of the output embedding, at `path` that have values of their own; none by default.
    func rows(at path: String) -> ReplacedRows?
}

extension ModelCustomization {
    /// None.
    public func additions(at path: String) -> LinearAdditions { LinearAdditions() }
    /// None.
    public func rows(at path: String) -> ReplacedRows? { nil }
}

/// A model as its checkpoint has it.
public struct NoCustomization: ModelCustomization {
    /// Creates it.
    public init() {}
    /// Nothing is replaced.
    public func parameter(at path: String) -> Tensor? { nil }
}
