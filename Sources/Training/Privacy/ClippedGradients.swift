import Adapters
import Foundation
import Models
import Tensors

/// Sums of gradients of which none is longer than a bound, one for each unit of a step: what DP-SGD adds noise to (Abadi et
/// al. 2016, arXiv:1607.00133).
///
/// A unit's gradient is that of the mean loss of its supervised tokens. Short units are packed into one pass, in which the
/// norm of each comes from the factors of its gradient (see `ExampleGradients`); a unit of about a micro-batch's length has
/// a pass of its own, whose gradient is its own, and so has every unit where something else than LoRA factors within the
/// layers trains.
struct ClippedGradients: Sendable {
    let model: any GenerativeModel
    let weights: AdapterWeights
    let checkpointing: Bool
    let clip: Double
    /// Tensors that keep their values, and count for no norm.
    let frozen: AdapterParameter.Role?

    /// Whether units can share a pass.
    private var canPack: Bool {
        weights.parameters.allSatisfy { parameter in
            let isFactor = parameter.description.role == .loraA || parameter.description.role == .loraB
            return isFactor && !parameter.description.path.hasPrefix("lm_head.")
        }
    }

    private var leaves: [Tensor] {
        weights.parameters.filter { $0.description.role != frozen }.map(\.tensor)
    }

    /// Neighbouring units that share a pass, of about a micro-batch's length together.
    func passes(_ units: [[Int]], of source: any RowLengths) -> [[[Int]]] {
        var passes: [[[Int]]] = []
        var tokens = Int.max
        for unit in units {
            let length = unit.reduce(0) { $0 + source.length(at: $1) }
            if canPack, tokens < .max, tokens + length <= model.microBatchTokens {
                passes[passes.count - 1].append(unit)
                tokens += length
            } else {
                passes.append([unit])
                tokens = length
            }
        }
        return passes
    }

    /// The sum over the units of a pass, each within the bound; the loss is the sum of the token losses.
    ///
    /// - Parameter key: what the dropout masks of the pass are drawn from.
    /// - Throws: what is wrong with a row or picture.
    func sum(_ units: [[Int]], from source: any RowSource, dropoutKey key: UInt64) throws -> StepGradients {
        guard units.count > 1 else { return try alone(units[0], from: source, dropoutKey: key) }
        var batch = try source.batch(of: units.flatMap(\.self))
        batch.examples = units.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        let tokens = units.map { supervised($0, source) }
        let loss = Tensor.$dropoutKey.withValue(key) { model.loss(batch, checkpointing: checkpointing) }
        let total = Double(loss.values[0])
        let found = Tensor.$dropoutKey.withValue(key) { loss.backwardByExample(count: units.count) }
        let norms = zip(found.squaredNorms(over: leaves), tokens).map { $0.squareRoot() / $1 }
        // What is not finite cannot be scaled away: it must not be in the sum at all.
        guard norms.allSatisfy(\.isFinite) else {
            return try units.map { try alone($0, from: source, dropoutKey: key) }.reduce(empty, StepGradients.sum)
        }
        let scales = zip(norms, tokens).map { Float(Double(scale(ofNorm: $0)) / $1) }
        return StepGradients(
            weights.parameters.map { parameter in
                parameter.description.role == frozen ? nil : found.sum(for: parameter.tensor, scaledBy: scales)
            }, loss: total)
    }

    /// The gradient of one unit, a micro-batch of its rows after the other, within the bound; nothing where it is not
    /// finite.
    private func alone(_ unit: [Int], from source: any RowSource, dropoutKey key: UInt64) throws -> StepGradients {
        var sum = empty
        for part in MicroBatches.split(
            lengths: unit.map { source.length(at: $0) }, targetTokens: model.microBatchTokens)
        {
            let batch = try source.batch(of: Array(unit[part]))
            let gradients = StepGradients(
                model, weights, batch, supervisedTokens: 1, checkpointing: checkpointing, dropoutKey: key)
            sum = StepGradients.sum(sum, gradients)
        }
        for (index, parameter) in weights.parameters.enumerated() where parameter.description.role == frozen {
            sum.gradients[index] = nil
        }
        let tokens = supervised(unit, source)
        let norm = sum.norm / tokens
        guard norm.isFinite, sum.loss.isFinite else { return empty }
        sum.scale(by: Float(Double(scale(ofNorm: norm)) / tokens))
        return sum
    }

    var empty: StepGradients { StepGradients(weights.parameters.map { _ in nil }, loss: 0) }

    private func supervised(_ unit: [Int], _ source: any RowSource) -> Double {
        Double(max(1, unit.reduce(0) { $0 + source.supervisedCount(at: $1) }))
    }

    /// What takes a gradient to the bound, and not above it by rounding either.
    private func scale(ofNorm norm: Double) -> Float { norm > clip ? Float(clip / norm * (1 - 0x1p-20)) : 1 }
}
