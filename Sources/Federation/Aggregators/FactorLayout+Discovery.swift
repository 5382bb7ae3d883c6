public import Tensors

extension FactorLayout {
    /// PEFT's endings of the keys of A and B.
    private static let endings = [
        (a: ".lora_A.weight", b: ".lora_B.weight"), (a: ".lora_embedding_A", b: ".lora_embedding_B"),
    ]

    /// The layout of a state with PEFT's keys: each `<module>.lora_A.weight` with its `<module>.lora_B.weight`, and the
    /// same for embeddings. Other tensors are no factors.
    ///
    /// - Parameters:
    ///   - state: factors of the global rank.
    ///   - isRankStabilized: `use_rslora`.
    ///   - alpha: `lora_alpha` of a module.
    /// - Throws: `FederationError.invalidConfiguration` naming a factor without its other, or of the wrong shape.
    public init(finding state: StateDict, isRankStabilized: Bool = false, alpha: (String) -> Double) throws {
        var pairs: [Pair] = []
        for (key, tensor) in state.entries {
            for ending in Self.endings where key.hasSuffix(ending.a) {
                let module = String(key.dropLast(ending.a.count))
                let b = try Self.partner(of: key, tensor, module + ending.b, state)
                pairs.append(
                    Pair(
                        module: module, aKey: key, bKey: module + ending.b, rank: tensor.shape[0],
                        inputs: tensor.shape[1], outputs: b.shape[0], alpha: alpha(module),
                        isRankStabilized: isRankStabilized))
            }
        }
        try self.init(pairs)
        try checkNoneIsLeft(in: state)
    }

    private static func partner(of key: String, _ a: Tensor, _ other: String, _ state: StateDict) throws -> Tensor {
        guard let b = state[other] else { throw FederationError(.invalidConfiguration, "\(key) has no \(other)") }
        guard a.shape.count == 2, b.shape.count == 2, a.shape[0] == b.shape[1] else {
            throw FederationError(
                .invalidConfiguration, "\(key) \(a.shape) and \(other) \(b.shape) cannot be multiplied: ranks differ")
        }
        return b
    }

    private func checkNoneIsLeft(in state: StateDict) throws {
        for key in state.names where pair(of: key) == nil {
            if Self.endings.contains(where: { key.hasSuffix($0.b) }) {
                throw FederationError(.invalidConfiguration, "\(key) has no factor A beside it")
            }
        }
    }
}
