import Models

/// Finds the embeddings that `trainable_token_indices` means, with PEFT's rules for tied ones.
struct TrainedRowsMatching {
    private static let setting = "trainable_token_indices"

    let modules: [ModuleDescription]
    let ensuresTying: Bool
    /// Whether a module is trained in another way.
    let isAdapted: (_ path: String) -> Bool
    let isSaved: (_ path: String) -> Bool

    /// - Throws: `AdapterError` if a name matches no embedding, a token is outside of one, or the module is trained twice.
    func match(_ tokens: TrainableTokens) throws -> [TrainedRows] {
        var found = try entries(tokens).flatMap { entry in
            try targets(of: entry.pattern).map { (module: $0, indices: entry.value) }
        }
        var followers: [String] = []
        if let head = modules.first(where: { $0.tiedTo != nil }), let source = head.tiedTo,
            let rows = found.first(where: { $0.module.path == source })?.indices
        {
            let own = found.first { $0.module.path == head.path }?.indices
            if own == nil || own == rows {
                found.removeAll { $0.module.path == head.path }
                followers = [head.path]
            } else if ensuresTying {
                throw error(
                    "names different tokens for \(source) and \(head.path), which ensure_weight_tying keeps equal")
            }
        }
        let result = found.map { module, indices in
            TrainedRows(
                module: module.path, indices: indices,
                followers: followers.filter { head in modules.contains { $0.path == head && $0.tiedTo == module.path } }
            )
        }
        try result.forEach(check)
        return result
    }

    private func entries(_ tokens: TrainableTokens) throws -> [PatternEntry<[Int]>] {
        switch tokens {
        case .modules(let entries): entries
        case .inputEmbedding(let indices): [.init("embed_tokens", indices)]
        }
    }

    /// PEFT takes every module whose path ends in the name.
    private func targets(of name: String) throws -> [ModuleDescription] {
        let matched = modules.filter { $0.path.hasSuffix(name) }
        guard !matched.isEmpty else {
            let ends = NameSuggestions.pathEnds(of: modules.map(\.path), like: name)
            let embeddings = modules.filter(Self.isTokenEmbedding).map { "\"\(ModulePath.name($0.path))\"" }
            throw error(
                "\"\(name)\" matches no module" + NameSuggestions.question(for: name, among: ends)
                    + "; token embeddings of this model: \(embeddings.joined(separator: ", "))")
        }
        guard let other = matched.first(where: { !Self.isTokenEmbedding($0) }) else { return matched }
        throw error("\"\(name)\" matches \(other.path), which is not a token embedding")
    }

    private static func isTokenEmbedding(_ module: ModuleDescription) -> Bool {
        module.isOutputEmbedding || module.kind == .embedding && !module.path.hasSuffix(".position_embedding")
    }

    private func check(_ rows: TrainedRows) throws {
        for path in [rows.module] + rows.followers {
            if isSaved(path) {
                throw error("and modules_to_save both train \(path); remove one of the two")
            }
            if isAdapted(path) {
                throw error("and target_modules both change \(path); remove one of the two")
            }
        }
        let count = modules.first { $0.path == rows.module }?.shape(of: "weight")?.first ?? 0
        guard let outside = rows.indices.first(where: { $0 >= count }) else { return }
        throw error(
            "names token \(outside), but \(rows.module) has \(count) rows; add new tokens to the run with "
                + "tokenizer.add_tokens")
    }

    private func error(_ reason: String) -> AdapterError {
        AdapterError(.invalidConfiguration, "\(Self.setting) \(reason)", setting: Self.setting)
    }
}
