import Adapters
import Federation
import Foundation
import Models
import Tensors

extension FactorLayout {
    /// The factors of an adapter: PEFT's keys, each module's own alpha.
    init(_ plan: AdapterPlan, state: StateDict) throws {
        let alphas = plan.moduleKeys.mapValues(\.alpha)
        try self.init(finding: state, isRankStabilized: plan.configuration.usesRankStabilisation) { alphas[$0] ?? 1 }
    }
}

extension AdapterPlan {
    /// The adapted modules by what their keys begin with.
    fileprivate var moduleKeys: [String: AdaptedLinear] {
        parameters.reduce(into: [:]) { keys, parameter in
            guard parameter.role == .loraA, parameter.key.hasSuffix(".lora_A.weight") else { return }
            let path = String(parameter.path.dropLast(".lora_A.weight".count))
            keys[String(parameter.key.dropLast(".lora_A.weight".count))] = linear(at: path)
        }
    }
}

/// A model's weights with an adapter, and with what the frozen ones have gained.
struct GainedWeights: ModelCustomization {
    let weights: AdapterWeights
    private let gains: [String: LowRankFactors]

    init(_ weights: AdapterWeights, _ gain: BaseDelta) {
        self.weights = weights
        let linears = weights.plan.moduleKeys
        gains = gain.modules.reduce(into: [:]) { gains, factors in
            guard let path = linears[factors.module]?.path else { return }
            gains[path] = LowRankFactors(a: factors.right, b: factors.left, scale: 1)
        }
    }

    func parameter(at path: String) -> Tensor? { weights.parameter(at: path) }
    func adapter(at path: String) -> LowRankFactors? { weights.adapter(at: path) }
    func gain(at path: String) -> LowRankFactors? { gains[path] }
}

extension AdaptedModel {
    /// The model with its adapter and what the frozen weights have gained.
    func model(gaining gain: BaseDelta) throws -> any VisionLanguageModel {
        guard !gain.modules.isEmpty else { return model }
        return try folder.load(computing: computing, customization: GainedWeights(weights, gain)).model
    }
}

extension AdapterWeights {
    /// Writes a PEFT folder of the adapter together with what the frozen weights have gained: one adapter of the ranks'
    /// sum, with the same product.
    func write(to folder: URL, gaining gain: BaseDelta) throws {
        guard !gain.modules.isEmpty else { return try write(to: folder) }
        let gains = Dictionary(uniqueKeysWithValues: gain.modules.map { ($0.module, $0) })
        var state = stateDict
        var configuration = plan.configuration
        configuration.usesRankStabilisation = false
        configuration.rankPattern = []
        configuration.alphaPattern = []
        for (key, linear) in plan.moduleKeys {
            let (aKey, bKey) = ("\(key).lora_A.weight", "\(key).lora_B.weight")
            guard let a = state[aKey], let b = state[bKey] else { continue }
            // With alpha = rank the scale is 1: the adapter's own goes into B.
            let joined = BaseDelta.Factors(
                module: key, left: b.scaled(by: Float(linear.scaling)), right: a
            ).joined(with: gains[key])
            state[aKey] = joined.right
            state[bKey] = joined.left
            configuration.rankPattern.append(.init(linear.path, joined.rank))
            configuration.alphaPattern.append(.init(linear.path, Double(joined.rank)))
        }
        try state.write(
            to: folder.appending(path: AdapterFolder.weightsFile).path, metadata: AdapterFolder.weightsMetadata)
        try AdapterFolder.write(configuration, to: folder)
    }
}

extension Tensor {
    fileprivate func scaled(by factor: Float) -> Tensor { Tensor(values.map { $0 * factor }, shape: shape) }
}
