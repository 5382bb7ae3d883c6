import Foundation
import Training

extension AdviceRules {
    static let ofAdapters: [AdviceRule] = [
        AdviceRule(name: "high rank", isOfExperience: true) { facts in
            guard let scales = AdapterScales(facts.configuration.adapter) else { return [] }
            return scales.pairs.filter { $0.rank > (scales.isStabilised ? 512 : 128) }.map {
                Advice(
                    key: $0.rankKey, what: "rank \($0.rank) is very high",
                    why:
                        "LLaVA-1.5 uses 128 for general instruction tuning, and a style or a narrow task needs 8 to "
                        + "16: a higher rank takes memory and memorises examples",
                    action: scales.isStabilised
                        ? "lower it" : "lower it, or set adapter.use_rslora: true, which is made for high ranks")
            }
        },
        AdviceRule(name: "rank of a small layer") { facts in
            let full = (facts.model?.layers ?? []).filter { 2 * $0.rank > min($0.inputs, $0.outputs) }
            guard let first = full.first else { return [] }
            return [
                Advice(
                    key: "adapter.r",
                    what:
                        "rank \(first.rank) is more than half the size of \(first.path), \(first.outputs) × "
                        + "\(first.inputs)"
                        + (full.count > 1 ? ", and of \(full.count - 1) more" : ""),
                    why: "factors of that rank have as many parameters as the layer itself",
                    action: "lower the rank, or train the whole layer with adapter.modules_to_save")
            ]
        },
        AdviceRule(name: "modules that are not there") { facts in
            (facts.model?.unmatchedModules ?? []).map {
                Advice(
                    key: "adapter.modules_to_save", what: "\($0) matches no module",
                    why: "it has no effect",
                    action: "give the end of a module's path, such as lm_head, or remove it")
            }
        },
        AdviceRule(name: "alpha far from the rank") { facts in
            guard let scales = AdapterScales(facts.configuration.adapter) else { return [] }
            return scales.pairs.compactMap { scales.isStabilised ? stabilisedScale($0) : scale($0) }
        },
        AdviceRule(name: "much dropout", isOfExperience: true) { facts in
            guard let scales = AdapterScales(facts.configuration.adapter), scales.dropout > 0.3 else { return [] }
            return [
                Advice(
                    key: "adapter.lora_dropout",
                    what: "adapter inputs are dropped with probability \(scales.dropout.short)",
                    why: "published recipes use 0.05 to 0.1 (QLoRA), or 0.25 with few images per class (CLIP-LoRA)",
                    action: "set 0.05, or 0.1 with a few thousand examples")
            ]
        },
        AdviceRule(name: "dropout with few steps", isOfExperience: true) { facts in
            guard let scales = AdapterScales(facts.configuration.adapter), scales.dropout > 0, !facts.isAveraged,
                let rows = facts.rows, let steps = facts.plannedSteps, steps < 30
            else { return [] }
            return [
                Advice(
                    key: "adapter.lora_dropout",
                    what: "dropout with little data: \(rows.count) examples give \(steps) steps",
                    why: "so few steps do not average out the noise of dropout",
                    action: "use a smaller batch or more epochs, or set 0")
            ]
        },
        AdviceRule(name: "little data without dropout", isOfExperience: true) { facts in
            guard let scales = AdapterScales(facts.configuration.adapter), scales.dropout == 0,
                !facts.training.loadBestModelAtEnd, facts.training.earlyStoppingPatience == nil,
                let rows = facts.rows?.count, rows < 1_000, let passes = facts.passes, passes >= 3
            else { return [] }
            return [
                Advice(
                    key: "adapter.lora_dropout",
                    what: "no dropout, and \(rows) examples are seen \(passes.short) times",
                    why: "the model soon memorises so little data",
                    action: "set 0.1, or set training.load_best_model_at_end: true and data.validation")
            ]
        },
    ]

    private static func scale(_ pair: AdapterScales.Pair) -> Advice? {
        let scale = pair.alpha / Double(max(1, pair.rank))
        guard !(0.5...4).contains(scale) else { return nil }
        return Advice(
            key: pair.alphaKey,
            what: "alpha \(pair.alpha.short) at rank \(pair.rank) scales the adapter by \(scale.short)",
            why: "recipes and learning rates assume an alpha from the rank to twice the rank, a scale of 1 to 2",
            action: "set it to \(2 * pair.rank)")
    }

    private static func stabilisedScale(_ pair: AdapterScales.Pair) -> Advice? {
        let root = Double(max(1, pair.rank)).squareRoot()
        let scale = pair.alpha / root
        guard !(0.5...8).contains(scale) else { return nil }
        return Advice(
            key: pair.alphaKey,
            what: "alpha \(pair.alpha.short) at rank \(pair.rank) scales the adapter by \(scale.short)",
            why: "use_rslora divides alpha by the square root of the rank, so alpha need not grow with the rank",
            action: "set it to \(Int((2 * root).rounded())), or remove use_rslora")
    }
}

extension Double {
    /// The number with up to four significant digits: `0.05`, `16`, `1.333`, `2e-05`.
    var short: String { String(format: "%.4g", self) }
}
