import Training

extension AdviceRules {
    static let ofModels: [AdviceRule] = [
        AdviceRule(name: "bf16 without bf16 products") { facts in
            guard facts.configuration.model.precision == .bf16, !facts.machine.multipliesBFloat16 else { return [] }
            return [
                Advice(
                    key: "model.precision", what: "bf16 on a processor without bf16 products",
                    why: "numbers are expanded before they are multiplied: that saves memory, but no time",
                    action: "set fp32 where memory allows, or run it on a processor with AVX512-BF16 or AMX")
            ]
        },
        AdviceRule(name: "more memory than there is") { facts in
            guard let needed = facts.model?.memory, let available = facts.machine.availableMemory, needed > available
            else { return [] }
            let checkpointing =
                facts.training.gradientCheckpointing ? "" : "set training.gradient_checkpointing: true, "
            return [
                Advice(
                    key: "training.lanes",
                    what:
                        "this machine has \(available.bytesText) of memory left, and the run takes \(needed.bytesText)",
                    why: "the system ends processes that take more than there is",
                    action: "\(checkpointing)fewer training.lanes, a lower rank or shorter rows")
            ]
        },
    ]
}
