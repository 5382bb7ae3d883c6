/// Rows of an embedding that train by themselves (`trainable_token_indices`).
public struct TrainedRows: Sendable, Equatable {
    /// The embedding, or output embedding, whose parameter they are.
    public let module: String
    /// The rows: token ids in the order of the configuration.
    public let indices: [Int]
    /// Output embeddings tied to the module, which have the same rows.
    public let followers: [String]

    /// The path of the parameter, [indices, width]. PEFT calls it a delta, but it contains the rows' values.
    public var path: String { "\(module).token_adapter.trainable_tokens_delta" }
}
