import Models

/// The ranks and alphas that a run file gives, by key.
struct AdapterScales {
    /// A rank, and the alpha that goes with it.
    struct Pair {
        /// The keys of both, dotted.
        var rankKey: String
        var alphaKey: String
        var rank: Int
        var alpha: Double
    }

    /// The pairs of the whole adapter, or of its parts where ranks or alphas are given by part.
    let pairs: [Pair]
    let isStabilised: Bool
    let dropout: Double

    /// Those of an `adapter` section with PEFT's defaults, or `nil` if it continues from an adapter that exists.
    init?(_ adapter: AdapterArguments) {
        guard adapter.path == nil else { return nil }
        let rank = adapter.tree["r"]?.intValue ?? 8
        let alpha = adapter.tree["lora_alpha"]?.doubleValue ?? 8
        let (ranks, alphas) = (adapter.tree["ranks"], adapter.tree["alphas"])
        let parts = [ranks, alphas].compactMap { $0?.objectValue?.map(\.key) }.flatMap(\.self)
        isStabilised = adapter.tree["use_rslora"]?.boolValue ?? false
        dropout = adapter.tree["lora_dropout"]?.doubleValue ?? 0
        guard !parts.isEmpty else {
            pairs = [Pair(rankKey: "adapter.r", alphaKey: "adapter.lora_alpha", rank: rank, alpha: alpha)]
            return
        }
        pairs = Set(parts).sorted().map { part in
            let (partRank, partAlpha) = (ranks?[part]?.intValue, alphas?[part]?.doubleValue)
            return Pair(
                rankKey: partRank == nil ? "adapter.r" : "adapter.ranks.\(part)",
                alphaKey: partAlpha == nil ? "adapter.lora_alpha" : "adapter.alphas.\(part)",
                rank: partRank ?? rank, alpha: partAlpha ?? alpha)
        }
    }
}
