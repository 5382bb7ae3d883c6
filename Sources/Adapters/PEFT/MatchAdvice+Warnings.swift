extension MatchAdvice {
    /// One line for each name or pattern that has no effect.
    func warnings(targeted: [String]) throws -> [String] {
        try unmatchedTargets() + idleExclusions()
            + idlePatterns(configuration.ranks?.rankPattern ?? [], "rank_pattern", targeted)
            + idlePatterns(configuration.ranks?.alphaPattern ?? [], "alpha_pattern", targeted)
    }

    private func unmatchedTargets() throws -> [String] {
        guard case .names(let names) = configuration.targetModules else { return [] }
        return try names.filter { try !paths.contains(where: NameFilter(names: [$0]).matches) }
            .map { "target_modules: \"\($0)\" matches no module" + suggestion(for: $0) }
    }

    private func idleExclusions() throws -> [String] {
        switch configuration.excludeModules {
        case .names(let names): try names.compactMap(idleExclusion)
        case .pattern(let text):
            try NameFilter(excluding: .pattern(text)).map { filter in
                try paths.contains(where: filter.matches)
                    ? [] : ["exclude_modules: \"\(text)\" matches no module's full path, so nothing is excluded"]
            } ?? []
        case .allLinear, nil: []
        }
    }

    private func idleExclusion(_ name: String) throws -> String? {
        let filter = NameFilter(names: [name])
        let excluded = try paths.filter(filter.matches)
        if excluded.isEmpty { return "exclude_modules: \"\(name)\" matches no module" + suggestion(for: name) }
        let isContainer = excluded.allSatisfy { outer in paths.contains { $0.hasPrefix(outer + ".") } }
        guard isContainer else { return nil }
        return "exclude_modules: \"\(name)\" excludes only \(excluded[0]) itself, nothing inside it; "
            + "to exclude what it contains write the regular expression .*\(name)\\..*"
    }

    private func idlePatterns<Value>(
        _ entries: [PatternEntry<Value>], _ setting: String, _ targeted: [String]
    ) throws -> [String] {
        try entries.compactMap { entry in
            let pattern = try PatternTable<Value>.compile(entry.pattern, setting: setting)
            if try targeted.contains(where: pattern.matchesPrefix) { return nil }
            return "\(setting): \"\(entry.pattern)\" matches no adapted layer"
        }
    }
}
