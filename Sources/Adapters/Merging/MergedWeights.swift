public import Models
public import Tensors

/// A model's weights with those of an adapter put into them: W + s · B A instead of W, and everything that trained.
public struct MergedWeights: ModelCustomization {
    private let weights: AdapterWeights
    private let checkpoint: Checkpoint
    private let computing: DType

    /// Merges an adapter into copies of the weights that it changes. No file changes.
    ///
    /// - Parameters:
    ///   - weights: the adapter.
    ///   - checkpoint: its base model.
    ///   - type: type of the merged matrices in memory, in which products are computed.
    public init(_ weights: AdapterWeights, into checkpoint: Checkpoint, computing type: DType) {
        (self.weights, self.checkpoint, computing) = (weights, checkpoint, type)
    }

    /// The merged parameter at `path`, if the adapter changes it. Vectors are float32.
    public func parameter(at path: String) -> Tensor? {
        guard let value = value(at: path) else { return nil }
        return value.shape.count > 1 ? value.converted(to: computing) : value
    }

    /// Whether the adapter changes the parameter at `path`.
    func changes(_ path: String) -> Bool {
        let module = String(path.dropLast(".weight".count))
        return weights.parameter(at: path) != nil || mergedBias(at: path) != nil
            || weights.plan.linear(at: module) != nil
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

    private func mergedBias(at path: String) -> Tensor? {
        guard path.hasSuffix(".bias"), let own = weights.parameter(at: path) ?? checkpoint[path] else { return nil }
        return weights.mergedBias(String(path.dropLast(".bias".count)), own.converted(to: .float32))
    }

    /// The parameter at `path` in float32, where the adapter changes it; nil elsewhere.
    func value(at path: String) -> Tensor? {
        if let bias = mergedBias(at: path) { return bias }
        if let trained = weights.parameter(at: path) { return trained.detached }
        let suffix = ".weight"
        guard path.hasSuffix(suffix), let base = checkpoint.parameter(at: path) else { return nil }
        let module = String(path.dropLast(suffix.count))
        let rows = weights.rows(at: module)
        return weights.merged(module, into: base) ?? rows?.applied(to: base)
    }
}

extension Checkpoint {
    /// The base model's parameter; a tied output embedding is the input embedding.
    func parameter(at path: String) -> Tensor? {
        self[path] ?? embeddings.flatMap { path == $0.output ? self[$0.input] : nil }
    }
}
