/// Condenses a long list of module names into few endings that select the same modules, as PEFT does before matching.
///
/// PEFT: `_find_minimal_target_modules`. It is more than an optimisation, because `layers_to_transform` applies to
/// endings but not to whole paths.
enum MinimalNames {
    /// Lists shorter than this are left alone.
    static let threshold = 20

    /// The endings for `names`, or `names` themselves where there are few or nothing is gained.
    static func condense(_ names: [String], among paths: [String]) -> [String] {
        let targets = Set(names)
        guard targets.count >= threshold else { return names }
        let others = paths.filter { path in
            !targets.contains(path) && !targets.contains { path.hasSuffix("." + $0) }
        }
        let condensed = minimal(targets, others: others)
        return condensed.count < targets.count ? condensed.sorted() : names
    }

    private static func minimal(_ targets: Set<String>, others: [String]) -> Set<String> {
        let taken = Set(others.flatMap(endings))
        let byEndings = targets.map { (name: $0, endings: endings($0)) }
            .sorted { $0.endings.lexicographicallyPrecedes($1.endings) }
        var required: Set<String> = []
        for (name, endings) in byEndings {
            for ending in endings where !required.contains(ending) && !taken.contains(ending) {
                if required.contains(where: { name.hasSuffix("." + $0) }) { continue }
                required.insert(ending)
                break
            }
        }
        return required.isEmpty ? targets : required
    }

    /// `a.b.c` gives `c`, `b.c`, `a.b.c`.
    private static func endings(_ name: String) -> [String] {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.indices.reversed().map { parts[$0...].joined(separator: ".") }
    }
}
