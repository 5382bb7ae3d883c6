/// A compiled `ModuleSelection` of names or a pattern.
enum NameFilter {
    case names(exact: Set<String>, endings: [String])
    case pattern(PythonPattern)

    init(names: [String]) {
        self = .names(exact: Set(names), endings: names.map { "." + $0 })
    }

    /// Nil for a selection that PEFT takes as not given: an empty list, an empty string.
    init?(excluding selection: ModuleSelection?) throws {
        switch selection {
        case .names(let names) where !names.isEmpty: self.init(names: names)
        case .pattern(let pattern) where !pattern.isEmpty:
            self = .pattern(try PythonPattern(pattern, setting: "exclude_modules"))
        default: return nil
        }
    }

    func matches(_ path: String) throws -> Bool {
        switch self {
        case .names(let exact, let endings): exact.contains(path) || endings.contains { path.hasSuffix($0) }
        case .pattern(let pattern): try pattern.matchesWhole(path)
        }
    }
}
