import Adapters

/// Which parameters weight decay is for, as transformers' Trainer has it (`get_decay_parameter_names`): all but those of norm
/// layers and those whose name says bias or norm, whatever their shape. A class embedding and a temperature decay.
enum WeightDecay {
    /// Whether a parameter decays.
    static func applies(to parameter: AdapterParameter) -> Bool {
        !parameter.isOfNorm && applies(toName: parameter.path)
    }

    /// Whether a parameter of another layer than a norm decays: the Trainer's patterns `bias`, `layernorm`, `rmsnorm`,
    /// `(?:^|\.)norm(?:$|\.)` and `_norm(?:$|\.)` in lower case.
    static func applies(toName name: String) -> Bool {
        let name = name.lowercased()
        return !["bias", "layernorm", "rmsnorm"].contains(where: name.contains)
            && !name.split(separator: ".").contains { $0 == "norm" || $0.hasSuffix("_norm") }
    }
}
