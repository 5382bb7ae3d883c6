/// The names that older versions of transformers and PEFT gave to the same tensors.
///
/// transformers 4 put LLaVA's decoder below `language_model.model` and CLIP's tower below `vision_model`; PEFT wrote
/// wrappers' own names (`modules_to_save`, `base_layer`) and trainers the adapter's name (`default`) into keys.
public struct KeyDialects: Sendable {
    private static let moved = [
        ("language_model.lm_head", "lm_head"),
        ("language_model.model", "model.language_model"),
        ("vision_tower", "model.vision_tower"),
        ("multi_modal_projector", "model.multi_modal_projector"),
        ("image_newline", "model.image_newline"),
    ]

    private let expected: Set<String>

    /// - Parameter expected: the keys of a plan's parameters.
    public init(expected: some Sequence<String>) {
        self.expected = Set(expected)
    }

    /// The expected key for the same tensor as `key`, or `key` itself if there is none.
    public func canonicalKey(_ key: String) -> String {
        if expected.contains(key) { return key }
        let prefix = AdapterParameter.keyPrefix
        guard key.hasPrefix(prefix) else { return key }
        let bare = Self.withoutWrappers(String(key.dropFirst(prefix.count)))
        for candidate in Self.candidates(bare).flatMap(Self.biasVariants) where expected.contains(prefix + candidate) {
            return prefix + candidate
        }
        return key
    }

    /// Replaces names of modules that match nothing by what they are called today.
    static func currentNames(
        _ names: [String], of setting: String, among paths: [String], warnings: inout [String]
    ) -> [String] {
        let known = Set(paths)
        return names.map { name in
            guard name.contains("."), !paths.contains(where: { $0 == name || $0.hasSuffix("." + name) }),
                let current = candidates(name).first(where: known.contains)
            else { return name }
            warnings.append(notice(setting, name, current))
            return current
        }
    }

    /// Replaces patterns that match no module and begin with an older name by those with today's.
    static func currentPatterns<Value>(
        _ entries: [PatternEntry<Value>], of setting: String, among paths: [String],
        warnings: inout [String]
    ) throws -> [PatternEntry<Value>] {
        let isMatched = { (pattern: String) throws -> Bool in
            let compiled = try PatternTable<Value>.compile(pattern, setting: setting)
            return try paths.contains(where: compiled.matchesPrefix)
        }
        return try entries.map { entry in
            let plain = entry.pattern.replacing("\\.", with: ".")
            guard try !isMatched(entry.pattern),
                let current = try candidates(plain).first(where: { try $0 != plain && isMatched($0) })
            else { return entry }
            warnings.append(notice(setting, entry.pattern, current))
            return .init(current, entry.value)
        }
    }

    private static func notice(_ setting: String, _ name: String, _ current: String) -> String {
        "\(setting): \"\(name)\" is called \"\(current)\" in transformers 5 and was read as that"
    }

    /// The path under every combination of old and new names, most likely first.
    private static func candidates(_ path: String) -> [String] {
        [path, renamed(path)].flatMap { path in
            [
                path,
                path.replacing("vision_tower.vision_model.", with: "vision_tower.", maxReplacements: 1),
                path.replacing("vision_tower.", with: "vision_tower.vision_model.", maxReplacements: 1),
            ]
        }
    }

    private static func renamed(_ path: String) -> String {
        for (old, new) in moved where path == old || path.hasPrefix(old + ".") {
            return new + path.dropFirst(old.count)
        }
        return path
    }

    private static func withoutWrappers(_ path: String) -> String {
        let bare = path.replacing(".modules_to_save.default.", with: ".").replacing(".modules_to_save.", with: ".")
        return AdapterMethods.tensorNames.reduce(bare) { path, name in
            path.hasSuffix(".\(name).default")
                ? String(path.dropLast(".default".count)) : path.replacing(".\(name).default.", with: ".\(name).")
        }
    }

    /// Before PEFT 0.6 the bias of an adapted layer had no `base_layer` before it.
    private static func biasVariants(_ path: String) -> [String] {
        guard path.hasSuffix(".bias"), !path.hasSuffix(".base_layer.bias") else { return [path] }
        return [path, path.dropLast(".bias".count) + ".base_layer.bias"]
    }
}
