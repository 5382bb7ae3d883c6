public import Foundation
public import Models
import Tensors

/// What an adapter folder says about the vocabulary that it was trained with.
public struct AdapterVocabulary: Sendable {
    /// Tokens that its tokenizer has in addition to the base's, and rows of the embeddings that the base does not have.
    public let additions: VocabularyAdditions
    /// Path suffixes of embeddings that the folder contains in full and larger than the base's, although its
    /// configuration does not list them: PEFT saves them too (`save_embedding_layers`).
    public let heldEmbeddings: [String]

    /// Compares a folder with its base.
    ///
    /// - Parameter given: additions of the run file, used only if the adapter's folder has no tokenizer.
    /// - Throws: `AdapterError` if it contains larger embeddings but no tokenizer that defines their tokens, or its
    ///   tokenizer does not extend the base's; `ModelError` if a tokenizer cannot be read.
    public init(
        folder: URL, configuration: AdapterConfiguration, base: ModelFolder, given: VocabularyAdditions = .init()
    ) throws {
        guard let rows = base.vocabularyRows else {
            (additions, heldEmbeddings) = (VocabularyAdditions(), [])
            return
        }
        let own = try Self.tokens(in: folder, beyond: base)
        if !own.isEmpty { try Self.check(given, among: own, folder, base) }
        let tokens = own.isEmpty ? given.tokens : own
        let recordedRows = max(given.rows, try AdapterBase.recordedRows(in: folder) ?? 0)
        let larger = try Self.embeddings(in: folder).filter { $0.rows > rows }
        guard let first = larger.first else {
            additions = VocabularyAdditions(tokens: tokens, rows: recordedRows)
            heldEmbeddings = []
            return
        }
        guard !tokens.isEmpty else { throw Self.unexplained(first, rows, folder, base) }
        additions = VocabularyAdditions(tokens: tokens, rows: larger.reduce(recordedRows) { max($0, $1.rows) })
        let isTied = configuration.ensuresWeightTying && base.checkpoint.storesNoOutputEmbedding
        heldEmbeddings = larger.map(\.module).filter { name in
            !configuration.modulesToSave.contains { saved in
                name.hasSuffix(saved) || saved.hasSuffix(name)
                    || isTied && Self.names.contains { $0 == ModulePath.name(saved) }
            }
        }
    }

    private static func check(
        _ given: VocabularyAdditions, among own: [AddedToken], _ folder: URL, _ base: ModelFolder
    ) throws {
        let known = Set(own.map(\.content))
        let tokenizer = try given.tokens.isEmpty ? nil : Tokenizer(folder: base.url)
        let isKnown = { (content: String) in known.contains(content) || tokenizer?.id(of: content) != nil }
        guard let new = given.tokens.first(where: { !isKnown($0.content) }) else { return }
        throw AdapterError(
            .invalidConfiguration,
            "tokenizer.add_tokens: \(folder.path) has a tokenizer without \"\(new.content)\", and its configuration "
                + "fixes what is trained: remove the token, or start a new adapter"
        )
    }

    /// An embedding that the folder holds whole.
    private struct Held {
        let key: String
        let module: String
        let rows: Int
    }

    /// How modules with a row for each token end.
    private static let names = ["embed_tokens", "lm_head"]

    private static func embeddings(in folder: URL) throws -> [Held] {
        let file = try SafetensorsFile(path: AdapterFolder.weights(in: folder).path)
        return file.names.sorted().compactMap { key in
            guard !key.contains(".original_module."),
                let module = names.first(where: { key.contains(".\($0).") }),
                AdapterMethods.tensorStart(in: key) == nil, !key.contains(".token_adapter."), key.hasSuffix(".weight"),
                let shape = file[key]?.shape, shape.count == 2
            else { return nil }
            return Held(key: key, module: module, rows: shape[0])
        }
    }

    /// The tokens of the folder's tokenizer that the base's lacks, in the order of their ids.
    private static func tokens(in folder: URL, beyond base: ModelFolder) throws -> [AddedToken] {
        let path = folder.appending(path: "tokenizer.json").path
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let (own, known) = (try Tokenizer(folder: folder), try Tokenizer(folder: base.url))
        let added = own.addedTokens.filter { known.id(of: $0.token.content) == nil }
        let extended = try Tokenizer(folder: base.url, adding: added.map(\.token))
        let all = own.addedTokens.filter { extended.id(of: $0.token.content) != $0.id }
        guard let wrong = all.first else { return added.map(\.token) }
        let found = extended.id(of: wrong.token.content).map { "\($0)" } ?? "none"
        throw AdapterError(
            .wrongBase,
            "\(path): the token \(wrong.token.content) has the id \(wrong.id), but after the tokens of \(base.url.path) it gets "
                + "\(found): the adapter was trained with another tokenizer; give its base model")
    }

    private static func unexplained(_ held: Held, _ rows: Int, _ folder: URL, _ base: ModelFolder) -> AdapterError {
        AdapterError(
            .shapeMismatch,
            "\(folder.path): \(held.key) has \(held.rows) rows, but \(base.url.path) has \(rows): the adapter was "
                + "trained with \(held.rows - rows) more tokens, and its folder has no tokenizer that says which; "
                + "save that tokenizer into the folder (tokenizer.save_pretrained), and lorad enlarges the base "
                + "with it; to train new tokens in lorad, list them in tokenizer.add_tokens of the run file"
        )
    }
}
