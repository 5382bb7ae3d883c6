import Training

extension AdviceRules {
    static let ofModels: [AdviceRule] = [
        AdviceRule(name: "bf16 without bf16 products") { facts in
            guard facts.configuration.model.precision == .bf16, !facts.machine.multipliesBFloat16 else { return [] }
            return [
                Advice(
                    key: "model.precision", what: "bf16 on a processor without bf16 instructions",
                    why: "values are expanded to fp32 before each product: this saves memory, but no time",
                    action: "set fp32 if memory allows, or use a processor with AVX512-BF16 or AMX")
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
                        "this machine has \(available.bytesText) of memory left, but the run needs \(needed.bytesText)",
                    why: "the system kills processes that run out of memory",
                    action: "\(checkpointing)use fewer training.lanes, a lower rank or shorter examples")
            ]
        },
    ]
}
