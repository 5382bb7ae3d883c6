import Models

/// A linear layer with an adapter: its path and, for a method with ranks, the scale of its product.
public struct AdaptedLinear: Sendable, Equatable {
    /// The layer's path in the base model.
    public let path: String
    /// r, the rows of A [r, in] and columns of B [out, r]; 0 for a method without ranks.
    public let rank: Int
    /// α.
    public let alpha: Double
    /// Whether the scale is α/√r.
    public let isRankStabilised: Bool
    /// α/r, or α/√r with rank stabilisation; 1 for a method without ranks.
    public let scaling: Double
    /// Probability with which an input of A is dropped in training.
    public let dropout: Double
    /// Width of x.
    public let inputs: Int
    /// Width of y.
    public let outputs: Int

    /// A site of a method without ranks.
    ///
    /// - Throws: `AdapterError` if the module is no linear layer.
    init(_ module: ModuleDescription) throws {
        try self.init(module, rank: 0, alpha: 0, isRankStabilised: false, dropout: 0)
    }

    /// A site with ranks.
    ///
    /// - Throws: `AdapterError` if the module is no linear layer.
    init(
        _ module: ModuleDescription, rank: Int, alpha: Double, isRankStabilised: Bool, dropout: Double
    ) throws {
        guard module.kind == .linear else { throw MatchAdvice.notLinear(module) }
        guard let shape = module.shape(of: "weight"), shape.count == 2 else {
            throw AdapterError(.unsupported, "\(module.path): a linear layer without a weight of shape [out, in]")
        }
        path = module.path
        (self.rank, self.alpha, self.isRankStabilised, self.dropout) = (rank, alpha, isRankStabilised, dropout)
        scaling = rank == 0 ? 1 : alpha / (isRankStabilised ? Double(rank).squareRoot() : Double(rank))
        (inputs, outputs) = (shape[1], shape[0])
    }
}
