/// Decides which modules a configuration adapts, with PEFT's rules in PEFT's order (`check_target_module_exists`).
struct ModuleMatcher {
    enum Verdict: Equatable {
        case targeted
        case excluded
        case unmatched
    }

    private let excluded: NameFilter?
    private let saved: [PythonPattern]
    private let targets: NameFilter
    private let exactTargets: Set<String>
    private let layers: LayerFilter?

    /// - Parameter targets: `target_modules` after `all-linear` and long lists have been resolved.
    init(_ configuration: AdapterConfiguration, targets selection: ModuleSelection) throws {
        excluded = try NameFilter(excluding: configuration.excludeModules)
        // PEFT puts these names into an expression as they are, so a dot stands for any character.
        let allowance = LimitedExpression.Allowance()
        saved = try configuration.modulesToSave.map {
            try PythonPattern(
                #"(^|.*\.)"# + $0 + #"($|\..*)"#, setting: "modules_to_save", written: $0, allowance: allowance)
        }
        layers = try LayerFilter(configuration)
        switch selection {
        case .names(let names):
            targets = NameFilter(names: names)
            exactTargets = Set(names)
        case .pattern(let pattern):
            targets = .pattern(try PythonPattern(pattern, setting: "target_modules"))
            exactTargets = []
        case .allLinear:
            preconditionFailure("all-linear is resolved to names first")
        }
    }

    /// What becomes of the module at a path.
    ///
    /// - Throws: `AdapterError` for a pattern that takes too long.
    func verdict(_ path: String) throws -> Verdict {
        let isExcluded = try excluded?.matches(path) == true || saved.contains { try $0.matchesPrefix(path) }
        guard !isExcluded else { return .excluded }
        guard try targets.matches(path) else { return .unmatched }
        // A path given in full is adapted whatever the layers say.
        if let layers, !exactTargets.contains(path), try !layers.matches(path) { return .unmatched }
        return .targeted
    }
}
