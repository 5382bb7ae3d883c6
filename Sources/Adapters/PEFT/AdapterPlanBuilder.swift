import Models

/// Works out an `AdapterPlan` step by step; each step is one rule of PEFT's.
struct AdapterPlanBuilder {
    private(set) var configuration: AdapterConfiguration
    private(set) var linears: [AdaptedLinear] = []
    private(set) var saved: [String] = []
    /// The path of the output embedding that is the same tensor as a saved input embedding.
    private(set) var tiedHead: String?
    private(set) var biases: [String] = []
    private(set) var rows: [TrainedRows] = []
    private(set) var parameters: [AdapterParameter] = []
    private(set) var warnings: [String] = []
    let modules: [ModuleDescription]
    private let modelType: String?

    init(_ configuration: AdapterConfiguration, _ modules: [ModuleDescription], _ modelType: String?) {
        self.configuration = configuration
        self.modules = modules
        self.modelType = modelType
    }

    mutating func build() throws {
        try renameOldModules()
        let targets = try resolveTargets()
        let targeted = try matchTargets(targets)
        try SavedEmbeddingTying.check(configuration, targeted: targeted)
        linears = try configuration.method.sites(on: targeted)
        tieSavedEmbeddings()
        saved = try matchSavedModules()
        rows = try matchTokens()
        biases = modules.filter(trainsBias).map(\.path)
        parameters = modules.flatMap(trainedParameters)
        guard !parameters.isEmpty else { throw trainsNothing() }
    }

    /// `target_modules` as names or a pattern: PEFT's default if absent, the linear layers for `all-linear`.
    private mutating func resolveTargets() throws -> ModuleSelection {
        var targets = try configuration.targetModules ?? DefaultTargets.selection(for: modelType)
        if targets == .allLinear {
            targets = .names(modules.filter { $0.kind == .linear && !$0.isOutputEmbedding }.map(\.path))
        }
        if case .names(let names) = targets {
            let paths = modules.map(\.path)
            let current = KeyDialects.currentNames(
                names, of: "target_modules", among: paths, warnings: &warnings)
            targets = .names(MinimalNames.condense(current, among: paths))
        }
        configuration.targetModules = targets
        return targets
    }

    /// `exclude_modules`, `modules_to_save`, `rank_pattern` and `alpha_pattern` in today's names where they have those of
    /// transformers 4.
    private mutating func renameOldModules() throws {
        let paths = modules.map(\.path)
        if case .names(let names) = configuration.excludeModules {
            configuration.excludeModules = .names(
                KeyDialects.currentNames(names, of: "exclude_modules", among: paths, warnings: &warnings))
        }
        configuration.modulesToSave = KeyDialects.currentNames(
            configuration.modulesToSave, of: "modules_to_save", among: paths, warnings: &warnings)
        guard var ranks = configuration.ranks else { return }
        ranks.rankPattern = try KeyDialects.currentPatterns(
            ranks.rankPattern, of: "rank_pattern", among: paths, warnings: &warnings)
        ranks.alphaPattern = try KeyDialects.currentPatterns(
            ranks.alphaPattern, of: "alpha_pattern", among: paths, warnings: &warnings)
        configuration.ranks = ranks
    }

    private mutating func matchTargets(_ targets: ModuleSelection) throws -> [ModuleDescription] {
        let matcher = try ModuleMatcher(configuration, targets: targets)
        let verdicts = try modules.map { try matcher.verdict($0.path) }
        let targeted = zip(modules, verdicts).filter { $1 == .targeted }.map(\.0)
        let advice = MatchAdvice(configuration, modules.map(\.path))
        if targeted.isEmpty, targets != .names([]) {
            throw try advice.nothingTargeted(
                anyExcluded: verdicts.contains(.excluded), anyUnmatched: verdicts.contains(.unmatched))
        }
        warnings += try advice.warnings(targeted: targeted.map(\.path))
        return targeted
    }

    private mutating func matchTokens() throws -> [TrainedRows] {
        guard var tokens = configuration.trainableTokens else { return [] }
        if case .modules(let entries) = tokens {
            let names = KeyDialects.currentNames(
                entries.map(\.pattern), of: "trainable_token_indices", among: modules.map(\.path), warnings: &warnings)
            tokens = .modules(zip(names, entries).map { .init($0, $1.value) })
            configuration.trainableTokens = tokens
        }
        let adapted = Set(linears.map(\.path))
        return try TrainedRowsMatching(
            modules: modules, ensuresTying: configuration.ensuresWeightTying, isAdapted: adapted.contains,
            isSaved: isSaved
        ).match(tokens)
    }

    private mutating func tieSavedEmbeddings() {
        let tying = SavedEmbeddingTying(configuration, modules)
        tiedHead = tying.head
        configuration.modulesToSave = tying.names
        warnings += [tying.notice].compactMap(\.self)
    }

    /// PEFT takes every module whose path *ends* in a name, be it in the middle of a word.
    private mutating func matchSavedModules() throws -> [String] {
        let names = configuration.modulesToSave
        let matched = modules.filter { module in names.contains { module.path.hasSuffix($0) } }
        try SavedModuleRules(names: names, adapted: linears.map(\.path)).check(matched)
        for name in names where !matched.contains(where: { $0.path.hasSuffix(name) }) {
            let ends = NameSuggestions.pathEnds(of: modules.map(\.path), like: name)
            warnings.append(
                "modules_to_save: \"\(name)\" matches no module" + NameSuggestions.question(for: name, among: ends))
        }
        return matched.map(\.path).filter { $0 != tiedHead }
    }
}
