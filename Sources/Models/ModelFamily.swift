/// A family of models, as `config.json` names it by `model_type`: everything that is the family's own is in its file.
protocol ModelFamily: VisionLanguageModel {
    /// The `model_type`s.
    static var modelTypes: [String] { get }
    /// The tables with a row for each token; `nil` if tokens cannot be added.
    static var embeddings: EmbeddingNames? { get }
    /// Today's name of a stored tensor; `nil` for buffers that are not weights.
    static func canonicalName(_ name: String) -> String?
    /// Builds the model from its configuration and weights.
    ///
    /// - Throws: `ModelError` naming the key that is missing, wrong or not supported; missing tensors are the builder's to report.
    init(_ reader: ConfigurationReader, _ builder: WeightBuilder) throws
}

extension ModelFamily {
    /// None.
    static var embeddings: EmbeddingNames? { nil }
}

/// The names of a model's input and output embedding among its tensors.
public struct EmbeddingNames: Sendable {
    /// The table of token vectors.
    public let input: String
    /// The output embedding; a model that ties it to the input embedding does not store it.
    public let output: String
    /// What older checkpoints call both; `nil` if the names have always been the same.
    var older: (input: String, output: String)?
}
