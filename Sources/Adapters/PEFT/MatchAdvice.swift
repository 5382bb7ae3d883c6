import Models

/// Words for what matching found amiss, with the names that were probably meant.
struct MatchAdvice {
    let configuration: AdapterConfiguration
    let paths: [String]

    init(_ configuration: AdapterConfiguration, _ paths: [String]) {
        self.configuration = configuration
        self.paths = paths
    }

    static func notLinear(_ module: ModuleDescription) -> AdapterError {
        let what =
            switch module.kind {
            case .embedding: "an embedding, and LoRA on embeddings is not supported yet"
            case .convolution: "a convolution, and LoRA on convolutions is not supported yet"
            case .norm: "a normalisation, not a linear layer"
            case .list, .other, .linear: "a container or activation, not a linear layer"
            }
        return AdapterError(
            .unsupported,
            "target_modules matches \(module.path), which is \(what); target the linear layers only, or train the "
                + "module in full with modules_to_save: [\(ModulePath.name(module.path))]", setting: "target_modules")
    }

    func nothingTargeted(anyExcluded: Bool, anyUnmatched: Bool) throws -> AdapterError {
        if try layersAreAtFault() {
            return AdapterError(
                .nothingMatched,
                "layers_to_transform names no layer with a module that target_modules names" + layersHint,
                setting: "layers_to_transform")
        }
        let reason =
            if !anyUnmatched {
                "all modules are excluded by exclude_modules and modules_to_save"
            } else if anyExcluded {
                "target_modules matches no module that is left by exclude_modules and modules_to_save" + targetHint
            } else {
                "target_modules matches no module" + targetHint
            }
        return AdapterError(.nothingMatched, reason + layersHint, setting: "target_modules")
    }

    /// Whether target_modules matches modules, all of them outside of the layers that are named.
    private func layersAreAtFault() throws -> Bool {
        guard case .names(let names) = configuration.targetModules, let layers = try LayerFilter(configuration)
        else { return false }
        let named = try paths.filter(NameFilter(names: names).matches)
        return try !named.isEmpty && !named.contains(where: layers.matches)
    }

    private var targetHint: String {
        switch configuration.targetModules {
        case .names(let names): names.prefix(3).map { ": \"\($0)\"" + suggestion(for: $0) }.joined()
        case .pattern(let text): patternHint(text)
        case .allLinear, nil: ""
        }
    }

    private func patternHint(_ text: String) -> String {
        let fits = paths.contains { $0.hasSuffix("." + text) }
        return " as a whole: the regular expression \"\(text)\""
            + (fits
                ? "; write [\(text)] to match the ends of paths, or .*\\.\(text)" : " must match a module's full path")
    }

    private var layersHint: String {
        guard !configuration.layersToTransform.isEmpty else { return "" }
        let layers = configuration.layersToTransform.map(String.init).joined(separator: ", ")
        let pattern = configuration.layersPattern.joined(separator: ", ")
        return " (layers_to_transform: \(layers)" + (pattern.isEmpty ? ")" : "; layers_pattern: \(pattern))")
    }

    func suggestion(for name: String) -> String {
        let ends = NameSuggestions.pathEnds(of: paths, like: name)
        return ends.contains(name) ? "" : NameSuggestions.question(for: name, among: ends)
    }
}
