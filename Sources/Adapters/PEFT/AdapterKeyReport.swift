/// The result of matching the tensors of an adapter file with those that the model expects.
public struct AdapterKeyReport: Sendable, Equatable {
    /// A key in the file, and the expected key that it matches.
    public struct Match: Sendable, Equatable {
        /// The key in the file.
        public let found: String
        /// The expected key; another one if the file was written in an older dialect.
        public let key: String
    }

    /// Tensors to load.
    public let matched: [Match]
    /// Expected keys without a tensor; these keep their initial values.
    public let missing: [String]
    /// Keys in the file that mean nothing to this model.
    public let unexpected: [String]
    /// Copies that PEFT saves along: frozen base weights, which `loaded` compares with the base's, and tensors stored twice.
    public let ignored: [String]
    /// Those of `ignored` that belong to a tied module, and under which key of the file the same tensor is.
    let tied: [Match]

    /// Compares keys and shapes.
    ///
    /// - Parameters:
    ///   - expected: a plan's parameters.
    ///   - found: keys and shapes in the file.
    ///   - file: its name, for errors.
    /// - Throws: `AdapterError` if a shape differs, two keys mean one tensor, nothing matches, a module is incomplete,
    ///   or a tensor belongs to a method that lorad does not support.
    public init(expected: [AdapterParameter], found: [String: [Int]], file: String) throws {
        let shapes = Dictionary(expected.map { ($0.key, $0.shape) }) { first, _ in first }
        let twins = Dictionary(expected.flatMap { own in own.tiedKeys.map { ($0, own.key) } }) { first, _ in first }
        let dialects = KeyDialects(expected: Array(shapes.keys) + Array(twins.keys))
        try Self.checkTraces(found.keys.sorted().filter { shapes[dialects.canonicalKey($0)] == nil }, file)
        var sources: [String: String] = [:]
        var unexpected: [String] = []
        var ignored: [String] = []
        // Keys in today's dialect come first, so that a copy under another name is seen to be one.
        let keys = found.keys.sorted().filter { shapes[$0] != nil } + found.keys.sorted().filter { shapes[$0] == nil }
        for key in keys where twins[dialects.canonicalKey(key)] == nil {
            let canonical = dialects.canonicalKey(key)
            if let other = sources[canonical] {
                guard Self.isCopy(key) else { throw Self.ambiguous(other, key, canonical, file) }
                ignored.append(key)
            } else if shapes[canonical] != nil {
                sources[canonical] = key
            } else if Self.isCopy(key) {
                ignored.append(key)
            } else {
                unexpected.append(key)
            }
        }
        tied = Self.tiedCopies(keys, dialects, twins, &sources)
        ignored += tied.map(\.found)
        matched = sources.map { Match(found: $0.value, key: $0.key) }.sorted { $0.key < $1.key }
        missing = shapes.keys.filter { sources[$0] == nil }.sorted()
        self.unexpected = unexpected
        self.ignored = ignored
        try check(shapes: shapes, found: found, file: file)
        try checkParts(of: expected, file)
    }

    /// Tensors of tied modules: one whose own key is missing stands for it, every other one is a copy.
    private static func tiedCopies(
        _ keys: [String], _ dialects: KeyDialects, _ twins: [String: String], _ sources: inout [String: String]
    ) -> [Match] {
        keys.compactMap { key in
            guard let own = twins[dialects.canonicalKey(key)] else { return nil }
            if let other = sources[own] { return Match(found: key, key: other) }
            sources[own] = key
            return nil
        }
    }

    private static func checkTraces(_ keys: [String], _ file: String) throws {
        for key in keys {
            guard let trace = UnsupportedSetting.trace(in: key) else { continue }
            throw AdapterError(
                .unsupported,
                "\(file): \(key) is \(trace), which \(AdapterFolder.configurationFile) does not mention; give the "
                    + "configuration that it was trained with, or \(UnsupportedSetting.merge)"
            )
        }
    }

    /// A module without all of its tensors would be a mixture of trained and fresh ones; one without any is untrained.
    private func checkParts(of expected: [AdapterParameter], _ file: String) throws {
        let absent = Set(missing)
        let begun = Set(expected.filter { !absent.contains($0.key) }.compactMap(\.group))
        let lost = expected.filter { absent.contains($0.key) && $0.group.map(begun.contains) == true }
            .map(\.key).sorted()
        guard let first = lost.first else { return }
        throw AdapterError(
            .corruptFile,
            "\(file): \(lost.count) tensors are missing from incomplete modules, the first \(first): copy the "
                + "adapter again, or save it from PEFT again"
        )
    }

    private func check(shapes: [String: [Int]], found: [String: [Int]], file: String) throws {
        guard !matched.isEmpty else { throw nothingMatched(found.keys.min(), file) }
        for match in matched {
            guard let expected = shapes[match.key], let actual = found[match.found], expected != actual else {
                continue
            }
            throw AdapterError(
                .shapeMismatch,
                "\(file): \(match.found) has shape \(actual), expected \(expected); the adapter was trained with "
                    + "another rank or on another base model")
        }
    }

    private func nothingMatched(_ example: String?, _ file: String) -> AdapterError {
        guard let example else { return AdapterError(.nothingMatched, "\(file): contains no tensors") }
        let expected = missing.first.map { ", expected for example \($0)" } ?? ""
        return AdapterError(
            .nothingMatched,
            "\(file): none of its keys belong to this model and configuration; found for example \(example)\(expected)")
    }

    private static func ambiguous(_ one: String, _ other: String, _ key: String, _ file: String) -> AdapterError {
        AdapterError(.corruptFile, "\(file): \(one) and \(other) both mean \(key); remove one of them")
    }

    private static func isCopy(_ key: String) -> Bool {
        key.contains(".original_module.") || key.contains(".modules_to_save.") || key.hasSuffix(".base_layer.weight")
    }
}

extension AdapterParameter {
    /// The module whose tensors are there together or not at all; `nil` for what stands by itself.
    fileprivate var group: String? {
        switch role {
        case .adapter, .saved: module
        case .bias, .temperature, .tokens: nil
        }
    }
}

extension AdapterKeyReport: CustomStringConvertible {
    /// `42 matched, 1 missing (…), 0 unexpected`.
    public var description: String {
        "\(matched.count) matched, \(Self.listed(missing, "missing")), \(Self.listed(unexpected, "unexpected"))"
            + (ignored.isEmpty ? "" : ", \(ignored.count) copies ignored")
    }

    private static func listed(_ keys: [String], _ what: String) -> String {
        let examples = keys.prefix(3).joined(separator: ", ") + (keys.count > 3 ? ", …" : "")
        return "\(keys.count) \(what)" + (keys.isEmpty ? "" : " (\(examples))")
    }
}
