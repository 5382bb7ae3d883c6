/// The two factors of a product of low rank that a module adds to its weight.
public struct FactorPair: Sendable, Equatable {
    /// What the keys of the module's tensors begin with.
    public let module: String
    /// The key of A, [rank, in].
    public let aKey: String
    /// The key of B, [out, rank].
    public let bKey: String
    /// The module, with how the product is scaled.
    public let linear: AdaptedLinear
    /// Whether the module computes with W + s B A, and its adapter changes nothing else of it.
    public let isAdded: Bool
}

extension AdapterPlan {
    /// The pairs of factors among the tensors that train, in the order of the modules.
    public var factorPairs: [FactorPair] {
        let partners = Dictionary(
            parameters.filter { $0.isFactor(.b) }.map { ($0.module, $0.key) }, uniquingKeysWith: { first, _ in first })
        let isAdded = configuration.method.withUnitScale(ranks: []) != nil
        return parameters.compactMap { parameter in
            guard parameter.isFactor(.a), let b = partners[parameter.module], let linear = linear(at: parameter.module)
            else { return nil }
            return FactorPair(
                module: AdapterParameter.keyPrefix + parameter.module, aKey: parameter.key, bKey: b, linear: linear,
                isAdded: isAdded)
        }
    }
}
