import Adapters
import Foundation
import Models
import Tensors

/// Sums of gradients of which none is longer than a bound, one for each unit of a step: what DP-SGD adds noise to
/// (Abadi et al. 2016, arXiv:1607.00133).
///
/// A unit's gradient is that of the mean loss of its supervised tokens. What a unit adds to the sum is a function of
/// its own examples, its own dropout key and the parameters, to the last bit: short units share a pass, in which each
/// is computed as if it were alone (`Tensor.exampleKeys`); a longer unit has a pass of its own, and so has every unit
/// where something else than LoRA factors within the layers trains. It is then rounded to whole steps whose length is
/// checked (`NormGrid`), and whole numbers are added. So a unit more or less moves the sum by that unit's steps and by
/// nothing else.
struct ClippedGradients: Sendable {
    let objective: any ExampleObjective
    let weights: AdapterWeights
    let checkpointing: Bool
    /// Tensors that keep their values, and count for no norm.
    let frozen: FactorRole?
    /// Called, on any lane, with the error of a unit whose examples or images cannot be read.
    var unreadable: @Sendable (any Error) -> Void = { _ in }

    /// A unit of a step.
    struct Unit: Equatable, Sendable {
        /// Its examples, by their positions in a source; at least one.
        let rows: [Int]
        /// What its dropout masks are drawn from: a secret that no other unit has.
        let key: UInt64
    }

    /// The tensors that train, nil in the place of one that keeps its values.
    var trained: [Tensor?] {
        weights.parameters.map { $0.description.isFactor(frozen) ? nil : $0.tensor }
    }

    /// Whether units can share a pass.
    private var canPack: Bool {
        weights.parameters.allSatisfy { parameter in
            parameter.description.factor != nil && !parameter.description.path.hasPrefix("lm_head.")
        }
    }

    /// Whether a unit may share a pass, which depends on no other unit: it is computed in the same way where it does not.
    private func isShort(_ unit: Unit, _ source: any RowLengths) -> Bool {
        canPack && length(unit, source) <= objective.model.microBatchTokens
    }

    private func length(_ unit: Unit, _ source: any RowLengths) -> Int {
        unit.rows.reduce(0) { $0 + source.length(at: $1) }
    }

    /// Neighbouring units that share a pass, of about a micro-batch's length together.
    func passes(_ units: [Unit], of source: any RowLengths) -> [[Unit]] {
        var passes: [[Unit]] = []
        var tokens = Int.max
        for unit in units {
            let length = length(unit, source)
            guard isShort(unit, source) else {
                passes.append([unit])
                tokens = .max
                continue
            }
            if tokens < .max, tokens + length <= objective.model.microBatchTokens {
                passes[passes.count - 1].append(unit)
                tokens += length
            } else {
                passes.append([unit])
                tokens = length
            }
        }
        return passes
    }

    /// Adds the gradients of a pass's units to a sum, each within the bound of its grid.
    ///
    /// A unit whose gradient is not finite adds nothing, and neither does one whose examples or images cannot be read:
    /// an error that ended the step would tell who was in it.
    func add(_ pass: [Unit], from source: any RowSource, to sum: GradientSum) {
        do {
            if pass.count == 1, !isShort(pass[0], source) {
                try addLong(pass[0], from: source, to: sum)
            } else {
                try addShort(pass, from: source, to: sum)
            }
        } catch {
            // Thrown while rows are read, before anything is added.
            guard pass.count > 1 else { return unreadable(error) }
            for unit in pass { add([unit], from: source, to: sum) }
        }
    }

    /// Adds the gradients of short units, from one pass.
    ///
    /// - Throws: what is wrong with an example or image; nothing is added then.
    private func addShort(_ pass: [Unit], from source: any RowSource, to sum: GradientSum) throws {
        let found = try gradients(of: pass, from: source)
        var added: [(index: Int, factor: Double)] = []
        for (index, unit) in pass.enumerated() {
            let gradient = found(index)
            guard let factor = sum.grid.factor(of: gradient.compactMap(\.self), scale: scale(of: unit, source)) else {
                // What is not finite may have spoilt its neighbours: each by itself, and what is there already taken back.
                for (index, factor) in added { sum.add(found(index), factor: -factor) }
                guard pass.count > 1 else { return }
                return pass.forEach { add([$0], from: source, to: sum) }
            }
            sum.add(gradient, factor: factor)
            added.append((index, factor))
        }
    }

    /// One backward pass over short units, and from it the gradient of each of them.
    private func gradients(of pass: [Unit], from source: any RowSource) throws -> (Int) -> [Tensor?] {
        var batch = try source.batch(of: pass.flatMap(\.rows))
        batch.examples = pass.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.rows.count) }
        let found = Tensor.$exampleKeys.withValue(pass.map(\.key)) {
            objective.loss(batch, checkpointing: checkpointing).backwardByExample(count: pass.count)
        }
        return { index in trained.map { $0.flatMap { found.gradient(ofExample: index, for: $0) } } }
    }

    /// Adds the gradient of one unit, computed one micro-batch of its examples after another.
    ///
    /// - Throws: what is wrong with an example or image; nothing is added then.
    private func addLong(_ unit: Unit, from source: any RowSource, to sum: GradientSum) throws {
        let parts = MicroBatches.split(
            lengths: unit.rows.map { source.length(at: $0) }, targetTokens: objective.model.microBatchTokens)
        var whole = StepGradients(trained.map { _ in nil }, loss: 0)
        for (index, part) in parts.enumerated() {
            let gradients = StepGradients(
                objective, weights, try source.batch(of: Array(unit.rows[part])), supervisedTokens: 1,
                checkpointing: checkpointing, dropoutKey: SplitMix64.hash("\(unit.key)/\(index)"))
            whole = StepGradients.sum(whole, gradients)
        }
        let gradients = zip(whole.gradients, trained).map { $1 == nil ? nil : $0 }
        guard let factor = sum.grid.factor(of: gradients.compactMap(\.self), scale: scale(of: unit, source)) else {
            return
        }
        sum.add(gradients, factor: factor)
    }

    /// What takes the sum of a unit's token losses to their mean.
    private func scale(of unit: Unit, _ source: any RowSource) -> Double {
        1 / Double(max(1, unit.rows.reduce(0) { $0 + source.supervisedCount(at: $1) }))
    }
}
