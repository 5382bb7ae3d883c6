import Adapters
import Models

/// The tokens that a run adds, and how they train.
struct NewTokens {
    /// Those that the base's tokenizer lacks, with their ids.
    let added: [(content: String, id: Int)]
    /// Those that it has already.
    let known: [(content: String, id: Int)]
    private let folder: ModelFolder

    /// - Parameter folder: a base with its additions.
    init(_ folder: ModelFolder) throws {
        self.folder = folder
        let tokens = folder.checkpoint.additions.tokens
        guard !tokens.isEmpty else {
            (added, known) = ([], [])
            return
        }
        let (before, after) = (try Tokenizer(folder: folder.url), try folder.tokenizer())
        let all = tokens.compactMap { token in after.id(of: token.content).map { (content: token.content, id: $0) } }
        added = all.filter { before.id(of: $0.content) == nil }
        known = all.filter { before.id(of: $0.content) != nil }
    }

    /// Trains the new rows unless the configuration mentions the embeddings itself.
    ///
    /// - Returns: notices, one line each.
    func resolve(into configuration: inout AdapterConfiguration, _ modules: [ModuleDescription]) -> [String] {
        var notices: [String] = known.map { token in
            "tokenizer.add_tokens: \"\(token.content)\" is already in the vocabulary, with the id \(token.id)"
        }
        let rows = folder.checkpoint.additions.rows
        if let first = added.first, let last = added.last {
            notices.append(
                (added.count == 1
                    ? "1 token added with the id \(first.id); "
                    : "\(added.count) tokens added with the ids \(first.id) to \(last.id); ")
                    + (rows > 0
                        ? "the embeddings have \(rows) rows now, and the new rows start as the mean of the others"
                        : "they use existing rows of the embeddings"))
        }
        guard !added.isEmpty else { return notices }
        let heads = modules.filter(\.isOutputEmbedding)
        let names = ["embed_tokens"] + heads.filter { $0.tiedTo == nil }.map(\.path)
        let saved = configuration.modulesToSave
        let followers = configuration.ensuresWeightTying ? heads.filter { $0.tiedTo != nil }.map(\.path) : []
        let isNamed = { (name: String) -> Bool in
            saved.contains { name.hasSuffix($0) || $0.hasSuffix(name) || followers.contains($0) }
        }
        if configuration.trainableTokens == nil, !names.contains(where: isNamed) {
            let indices = added.map(\.id)
            configuration.trainableTokens =
                names.count == 1 ? .inputEmbedding(indices) : .modules(names.map { .init($0, indices) })
            notices.append(
                "their rows of \(names.joined(separator: " and ")) are trained (trainable_token_indices); all other "
                    + "rows stay frozen"
            )
        }
        return notices + untrained(configuration, names, isNamed)
    }

    /// A row that neither trains nor is saved is another one wherever else the base is enlarged.
    private func untrained(
        _ configuration: AdapterConfiguration, _ names: [String], _ isSaved: (String) -> Bool
    ) -> [String] {
        names.filter { !isSaved($0) }.compactMap { name in
            let trained: [Int] =
                switch configuration.trainableTokens {
                case .inputEmbedding(let indices) where name == "embed_tokens": indices
                case .modules(let entries): entries.filter { name.hasSuffix($0.pattern) }.flatMap(\.value)
                default: []
                }
            let missing = added.filter { !trained.contains($0.id) }
            guard let first = missing.first else { return nil }
            return
                "warning: the rows of \(missing.count) new tokens in \(name) are neither trained nor saved with the "
                + "adapter (\"\(first.content)\", id \(first.id)): name them in "
                + "adapter.trainable_token_indices, or \(name) in adapter.modules_to_save"
        }
    }
}
