public import Models
public import Tensors

/// A model's weights with those of an adapter put into them: W + s · B A in place of W, and everything that trained.
public struct MergedWeights: ModelCustomization {
    private let weights: AdapterWeights
    private let checkpoint: Checkpoint
    private let computing: DType

    /// Merges an adapter into copies of the weights that it changes; no file does.
    ///
    /// - Parameters:
    ///   - weights: the adapter.
    ///   - checkpoint: the base that it belongs to.
    ///   - type: of the merged matrices in memory, what products are computed in.
    public init(_ weights: AdapterWeights, into checkpoint: Checkpoint, computing type: DType) {
        (self.weights, self.checkpoint, computing) = (weights, checkpoint, type)
    }

    /// The merged parameter at `path`, where the adapter changes it; vectors are float32.
    public func parameter(at path: String) -> Tensor? {
        guard let value = value(at: path) else { return nil }
        return value.shape.count > 1 ? value.converted(to: computing) : value
    }

    /// None: the factors are in the weights.
    public func adapter(at path: String) -> LowRankFactors? { nil }

    /// Whether the adapter changes the parameter at `path`.
    func changes(_ path: String) -> Bool {
        let module = String(path.dropLast(".weight".count))
        return weights.parameter(at: path) != nil || weights.adapter(at: module) != nil
            || weights.rows(at: module) != nil
    }

    /// Whether input and output embedding, tied in the base, are two different matrices with the adapter.
    var untiesEmbeddings: Bool {
        guard !weights.plan.tiesSavedEmbeddings else { return false }
        guard let names = checkpoint.embeddings else { return false }
        let paths = [names.input, names.output]
        let rows = paths.map { weights.plan.trainedRows(at: String($0.dropLast(".weight".count))) }
        return rows[0] == rows[1] ? rows[0] == nil && paths.contains(where: changes) : true
    }

    /// The parameter at `path` in float32, where the adapter changes it; nil elsewhere.
    func value(at path: String) -> Tensor? {
        if let trained = weights.parameter(at: path) { return trained.detached }
        let suffix = ".weight"
        guard path.hasSuffix(suffix), let base = checkpoint.parameter(at: path) else { return nil }
        let module = String(path.dropLast(suffix.count))
        let rows = weights.rows(at: module)
        return weights.adapter(at: module)?.added(to: base) ?? rows?.applied(to: base)
    }
}

extension Checkpoint {
    /// The base model's parameter; a tied output embedding is the input embedding.
    func parameter(at path: String) -> Tensor? {
        self[path] ?? embeddings.flatMap { path == $0.output ? self[$0.input] : nil }
    }
}

extension LowRankFactors {
    /// W + s · B A in float32.
    fileprivate func added(to base: Tensor) -> Tensor {
        let (rank, width, values) = (a.shape[0], a.shape[1], a.values)
        let transposed = (0..<width).flatMap { column in (0..<rank).map { scale * values[$0 * width + column] } }
        let projection = Projection(weight: Tensor(transposed, shape: [width, rank]))
        return Tensor.withoutGraph { b.projected(by: [projection], residual: base.converted(to: .float32)) }
    }
}
