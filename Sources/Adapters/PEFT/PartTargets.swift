import Foundation
public import Models

/// Targets, ranks and alphas by the parts of a model: they become PEFT's `target_modules`, `exclude_modules`,
/// `rank_pattern` and `alpha_pattern`, so the written adapter is an ordinary PEFT adapter.
public struct PartTargets: Sendable, Equatable {
    /// Parts whose linear layers get adapters; empty if `target_modules` selects the layers.
    public var parts: [ModelPart] = []
    /// Ranks of parts; others have `r`.
    public var ranks: [ModelPart: Int] = [:]
    /// Alphas of parts; others have `lora_alpha`.
    public var alphas: [ModelPart: Double] = [:]

    /// Vision and language together.
    static let both = "both"

    /// Reads `targets`, `ranks` and `alphas` of a run file's adapter section.
    ///
    /// - Throws: `AdapterError` naming the key.
    public init(targets: JSONValue?, ranks: JSONValue?, alphas: JSONValue?) throws {
        if let targets {
            let names = targets.stringValue.map { [$0] } ?? targets.arrayValue?.compactMap(\.stringValue) ?? []
            parts = try names.flatMap { name in
                try name == Self.both ? [ModelPart.vision, .language] : [Self.part(name, "targets")]
            }
            guard !parts.isEmpty else { throw Self.problem("targets", "expected one of \(Self.known), or a list") }
        }
        let range = 1...RankSettings.largest
        self.ranks = try Self.table(ranks, "ranks", "a whole number from 1 to \(range.upperBound)") {
            $0.intValue.flatMap { range.contains($0) ? $0 : nil }
        }
        self.alphas = try Self.table(alphas, "alphas", "a number above 0") {
            $0.doubleValue.flatMap { $0 > 0 ? $0 : nil }
        }
        for (key, table) in [("ranks", Set(self.ranks.keys)), ("alphas", Set(self.alphas.keys))] where !parts.isEmpty {
            guard let other = table.subtracting(parts).first else { continue }
            throw Self.problem(key, "\(other.rawValue) is not among adapter.targets")
        }
    }

    private static let known = (ModelPart.allCases.map(\.rawValue) + [both]).joined(separator: ", ")

    private static func part(_ name: String, _ key: String) throws -> ModelPart {
        guard let part = ModelPart(rawValue: name) else {
            throw problem(key, "\"\(name)\" is not a part of a model: expected one of \(known)")
        }
        return part
    }

    private static func table<Value>(
        _ json: JSONValue?, _ key: String, _ expectation: String, _ value: (JSONValue) -> Value?
    ) throws -> [ModelPart: Value] {
        guard let json else { return [:] }
        guard let members = json.objectValue else {
            throw problem(key, "expected numbers by part, such as {vision: 32}")
        }
        return try members.reduce(into: [:]) { table, member in
            guard let number = value(member.value) else {
                throw problem(key, "\(member.key): expected \(expectation), found \(member.value.summary)")
            }
            table[try part(member.key, key)] = number
        }
    }

    private static func problem(_ key: String, _ reason: String) -> AdapterError {
        AdapterError(.invalidConfiguration, reason, setting: key)
    }
}

extension PartTargets {
    /// Writes them into a configuration as PEFT's patterns.
    ///
    /// - Parameters:
    ///   - model: gives its parts and its unused modules.
    ///   - modules: all of its modules.
    /// - Returns: one line for each key that was written.
    /// - Throws: `AdapterError` if the model has no such part.
    public func resolve(
        into configuration: inout AdapterConfiguration, model: any VisionLanguageModel, modules: [ModuleDescription]
    ) throws -> [String] {
        let linears = modules.filter { $0.kind == .linear && !$0.isOutputEmbedding }.map(\.path)
        var notes: [String] = []
        if !parts.isEmpty {
            let roots = try parts.flatMap { try self.roots(of: $0, model, "targets") }
            let targets = #"(.*\.)?("# + roots.map { Self.linears(under: $0, linears) }.joined(separator: "|") + ")"
            configuration.targetModules = .pattern(targets)
            notes.append("adapter.targets \(parts.map(\.rawValue).joined(separator: ", ")): target_modules \(targets)")
            let idle = roots.flatMap { Self.idle(under: $0, model.unusedModules, linears) }
            if configuration.excludeModules == nil, !idle.isEmpty {
                let pattern = #"(.*\.)?("# + idle.joined(separator: "|") + #")\..*"#
                configuration.excludeModules = .pattern(pattern)
                notes.append("layers whose output is not used get no adapter: exclude_modules \(pattern)")
            }
        }
        return notes + (try resolveRanks(into: &configuration, model))
    }

    private func resolveRanks(
        into configuration: inout AdapterConfiguration, _ model: any VisionLanguageModel
    ) throws -> [String] {
        guard !ranks.isEmpty || !alphas.isEmpty else { return [] }
        guard var settings = configuration.ranks else {
            throw Self.problem(
                ranks.isEmpty ? "alphas" : "ranks", "the method \(configuration.methodName) has no ranks: remove it")
        }
        settings.rankPattern += try entries(ranks, model, "ranks")
        settings.alphaPattern += try entries(alphas, model, "alphas")
        configuration.ranks = settings
        var notes: [String] = []
        if !ranks.isEmpty { notes.append("adapter.ranks: rank_pattern \(Self.text(settings.rankPattern))") }
        if !alphas.isEmpty { notes.append("adapter.alphas: alpha_pattern \(Self.text(settings.alphaPattern))") }
        return notes
    }

    private func roots(of part: ModelPart, _ model: any VisionLanguageModel, _ key: String) throws -> [String] {
        guard let roots = model.parts[part] else {
            let names = ModelPart.allCases.filter { model.parts[$0] != nil }.map(\.rawValue).joined(separator: ", ")
            throw Self.problem(key, "this model has no \(part.rawValue): its parts are \(names)")
        }
        return roots
    }

    private func entries<Value>(
        _ table: [ModelPart: Value], _ model: any VisionLanguageModel, _ key: String
    ) throws -> [PatternEntry<Value>] {
        try ModelPart.allCases.flatMap { part in
            guard let value = table[part] else { return [PatternEntry<Value>]() }
            return try roots(of: part, model, key).map { .init(Self.escaped($0) + #"(\..*)?"#, value) }
        }
    }

    /// The linear layers of a module by their last names, which is how all versions of transformers call them.
    private static func linears(under root: String, _ paths: [String]) -> String {
        let names = Set(paths.filter { contains(root, $0) }.map { String(ModulePath.name($0)) }).sorted()
        return names == [root]
            ? escaped(root)
            : escaped(root) + #"\.(.*\.)?("# + names.map(escaped).joined(separator: "|") + ")"
    }

    private static func idle(under root: String, _ unused: [String], _ linears: [String]) -> [String] {
        unused.filter { path in contains(root, path) && linears.contains { $0.hasPrefix(path + ".") } }.map { path in
            let end = path.split(separator: ".").suffix(2).joined(separator: ".")
            return escaped(root) + #"\.(.*\.)?"# + escaped(end)
        }
    }

    private static func contains(_ root: String, _ path: String) -> Bool {
        path.split(separator: ".").contains(Substring(root))
    }

    private static func escaped(_ name: String) -> String { NSRegularExpression.escapedPattern(for: name) }

    private static func text<Value>(_ entries: [PatternEntry<Value>]) -> String {
        "{" + entries.map { "\($0.pattern): \($0.value)" }.joined(separator: ", ") + "}"
    }
}
