import Models

extension AdapterConversion {
    /// `adapter_config.json` with the module paths in it renamed.
    ///
    /// - Throws: `AdapterError` if an expression cannot be renamed.
    func renamed(settings: JSONValue) throws -> JSONValue {
        guard let members = settings.objectValue else { return settings }
        return .object(try members.map { .init($0.key, try renamed($0.value, of: $0.key)) })
    }

    private func renamed(_ value: JSONValue, of key: String) throws -> JSONValue {
        switch key {
        case "target_modules", "exclude_modules":
            if let pattern = value.stringValue {
                guard pattern.lowercased() != "all-linear" else { return value }
                return .string(try renamed(pattern: pattern, of: key) { try $0.matchesWhole($1) })
            }
            return try renamed(names: value, of: key, adapted)
        case "modules_to_save": return try renamed(names: value, of: key, saved)
        case "rank_pattern", "alpha_pattern":
            guard let members = value.objectValue else { return value }
            return .object(
                try members.map {
                    .init(try renamed(pattern: $0.key, of: key, wrapped: true) { try $0.matchesPrefix($1) }, $0.value)
                })
        default: return value
        }
    }

    /// The expression that matches the same modules under their new names: as it is, or with its own paths renamed.
    private func renamed(
        pattern: String, of key: String, wrapped: Bool = false, matches: (PythonPattern, String) throws -> Bool
    ) throws -> String {
        func compiled(_ pattern: String) throws -> PythonPattern {
            wrapped
                ? try PatternTable<Int>.compile(pattern, setting: key) : try PythonPattern(pattern, setting: key)
        }
        let old = try compiled(pattern)
        let candidates = [pattern, dialect.renamed(pattern: pattern)]
        for candidate in key == "exclude_modules" ? candidates.reversed() : candidates {
            let new = try compiled(candidate)
            if try adapted.allSatisfy({ try matches(old, $0.old) == matches(new, $0.new) }) { return candidate }
        }
        throw AdapterError(
            .unsupported,
            "\(key): the regular expression \"\(pattern)\" cannot be rewritten for the new names; replace it in "
                + "\(AdapterFolder.configurationFile) by a list of module names", setting: key)
    }

    private func renamed(names: JSONValue, of key: String, _ paths: [Renaming]) throws -> JSONValue {
        guard let list = names.arrayValue else { return names }
        return .array(
            try list.map { item in
                guard let name = item.stringValue else { return item }
                return .string(try renamed(name: name, of: key, paths))
            })
    }

    /// Names match whole paths and the ends of paths. A whole path is renamed; an end that still is one stays.
    private func renamed(name: String, of key: String, _ paths: [Renaming]) throws -> String {
        let whole = dialect.renamed(name)
        if whole != name, name.contains(".") { return whole }
        let hits = paths.filter { Self.isEnd(name, of: $0.old) }
        if hits.allSatisfy({ Self.isEnd(name, of: $0.new) }) { return name }
        let parts = hits.first.map { $0.new.split(separator: ".") } ?? []
        // No fewer parts than before: a shorter end may also match modules that the adapter does not have.
        let fewest = min(name.split(separator: ".").count, parts.count)
        for count in fewest...max(fewest, parts.count) {
            let end = parts.suffix(count).joined(separator: ".")
            if paths.allSatisfy({ Self.isEnd(end, of: $0.new) == Self.isEnd(name, of: $0.old) }) { return end }
        }
        throw AdapterError(
            .unsupported,
            "\(key): \"\(name)\" cannot be rewritten for the new names; replace it in "
                + "\(AdapterFolder.configurationFile) by the whole paths of its modules", setting: key)
    }

    private static func isEnd(_ name: String, of path: String) -> Bool { path == name || path.hasSuffix("." + name) }
}
