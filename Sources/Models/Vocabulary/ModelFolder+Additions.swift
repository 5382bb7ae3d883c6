import Foundation
import Tensors

extension ModelFolder {
    /// The folder's tokenizer with the tokens that were added.
    ///
    /// - Throws: `ModelError` as `Tokenizer.init(folder:)` does.
    public func tokenizer() throws -> Tokenizer { try Tokenizer(folder: url, adding: checkpoint.additions.tokens) }

    /// Rows of the table of token vectors; `nil` for a model that cannot have more.
    public var vocabularyRows: Int? { vocabularyTables.first.flatMap { checkpoint[$0]?.shape.first } }

    /// The folder with tokens added as transformers' `add_tokens` does, and with its embeddings enlarged as
    /// `resize_token_embeddings` does, if the tokenizer has more tokens than they have rows. Nothing on disk changes.
    ///
    /// - Throws: `ModelError` for a model whose vocabulary cannot grow, or a damaged tokenizer.
    public func adding(_ additions: VocabularyAdditions) throws -> ModelFolder {
        guard !additions.isEmpty else { return self }
        guard let rows = vocabularyRows else {
            throw ModelError(
                .unsupported,
                "\(url.path): tokens cannot be added to a \(modelType) model, because its highest token id marks "
                    + "the end of a text; remove tokenizer.add_tokens"
            )
        }
        let tokens = try additions.tokens.isEmpty ? 0 : Tokenizer(folder: url, adding: additions.tokens).vocabularySize
        let needed = max(rows, tokens)
        guard additions.rows <= needed + Self.largestPadding else {
            throw ModelError(
                .unsupported,
                "tokenizer.embedding_rows asks for \(additions.rows) rows, but \(needed) are needed; at most "
                    + "\(Self.largestPadding) more are allowed"
            )
        }
        var result = self
        let wanted = max(needed, additions.rows)
        result.checkpoint = try checkpoint.growing(vocabularyTables, to: wanted)
        result.checkpoint.additions = VocabularyAdditions(tokens: additions.tokens, rows: wanted > rows ? wanted : 0)
        return result
    }

    /// Rows without a token that are made at most.
    private static let largestPadding = 65_536
}
