import Models

/// Words for what matching found amiss, with the names that were probably meant.
struct MatchAdvice {
    private let configuration: LoRAConfiguration
    private let paths: [String]

    init(_ configuration: LoRAConfiguration, _ paths: [String]) {
        self.configuration = configuration
        self.paths = paths
    }

    // MARK: Errors

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

    func nothingTargeted(anyExcluded: Bool, anyUnmatched: Bool) -> AdapterError {
        let reason =
            if !anyUnmatched {
                "all modules are excluded by exclude_modules and modules_to_save"
            } else if anyExcluded {
                "target_modules matches no module that exclude_modules and modules_to_save leave" + targetHint
            } else {
                "target_modules matches no module" + targetHint
            }
        return AdapterError(.nothingMatched, reason + layersHint, setting: "target_modules")
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

    // MARK: Warnings

    /// One line for each name or pattern that has no effect.
    func warnings(targeted: [String]) throws -> [String] {
        unmatchedTargets + (try idleExclusions())
            + (try idlePatterns(configuration.rankPattern, "rank_pattern", targeted))
            + (try idlePatterns(configuration.alphaPattern, "alpha_pattern", targeted))
    }

    private var unmatchedTargets: [String] {
        guard case .names(let names) = configuration.targetModules else { return [] }
        return names.filter { name in !paths.contains { NameFilter(names: [name]).matches($0) } }
            .map { "target_modules: \"\($0)\" matches no module" + suggestion(for: $0) }
    }

    private func idleExclusions() throws -> [String] {
        switch configuration.excludeModules {
        case .names(let names): names.compactMap(idleExclusion)
        case .pattern(let text):
            try NameFilter(excluding: .pattern(text)).map { filter in
                paths.contains(where: filter.matches)
                    ? [] : ["exclude_modules: \"\(text)\" matches no module's full path, so nothing is excluded"]
            } ?? []
        case .allLinear, nil: []
        }
    }

    private func idleExclusion(_ name: String) -> String? {
        let filter = NameFilter(names: [name])
        let excluded = paths.filter(filter.matches)
        if excluded.isEmpty { return "exclude_modules: \"\(name)\" matches no module" + suggestion(for: name) }
        let isContainer = excluded.allSatisfy { outer in paths.contains { $0.hasPrefix(outer + ".") } }
        guard isContainer else { return nil }
        return "exclude_modules: \"\(name)\" excludes only \(excluded[0]) itself, nothing inside it; "
            + "to exclude what it contains write the regular expression .*\(name)\\..*"
    }

    private func idlePatterns<Value>(
        _ entries: [LoRAConfiguration.PatternEntry<Value>], _ setting: String, _ targeted: [String]
    ) throws -> [String] {
        try entries.compactMap { entry in
            let pattern = try PatternTable<Value>.compile(entry.pattern, setting: setting)
            if targeted.contains(where: pattern.matchesPrefix) { return nil }
            return "\(setting): \"\(entry.pattern)\" matches no adapted layer"
        }
    }

    private func suggestion(for name: String) -> String {
        NameSuggestions.question(for: name, among: NameSuggestions.pathEnds(of: paths, like: name))
    }
}
