/// A module of the base model, container or leaf, as the adapter configuration sees it.
public struct ModuleDescription: Sendable, Equatable {
    /// Kind of a module, as far as it matters for adapters.
    public enum Kind: String, Sendable, CaseIterable {
        /// y = Wx + b.
        case linear
        /// A table of vectors.
        case embedding
        /// A convolution, such as a patch embedding.
        case convolution
        /// A normalisation with weights.
        case norm
        /// A list of modules (torch's `ModuleList`), which computes nothing itself.
        case list
        /// Anything else, containers included.
        case other
    }

    /// A parameter that the module itself owns.
    public struct Parameter: Sendable, Equatable {
        /// Its name in the module: `weight`, `bias`.
        public let name: String
        /// Its shape; [out, in] for a linear layer's weight.
        public let shape: [Int]

        /// Creates a description.
        public init(_ name: String, _ shape: [Int]) {
            self.name = name
            self.shape = shape
        }
    }

    /// The Hugging Face path relative to the base model: `model.language_model.layers.0.self_attn.q_proj`.
    public let path: String
    /// What the module is.
    public let kind: Kind
    /// Whether it is the output embedding (`lm_head`), which `all-linear` excludes.
    public let isOutputEmbedding: Bool
    /// The path of the embedding that shares its weight with this module; `nil` if the module has its own weight.
    public let tiedTo: String?
    /// Its own parameters, not those of modules inside it.
    public let parameters: [Parameter]

    /// Creates a description.
    public init(
        path: String, kind: Kind, isOutputEmbedding: Bool = false, tiedTo: String? = nil, parameters: [Parameter] = []
    ) {
        self.path = path
        self.kind = kind
        self.isOutputEmbedding = isOutputEmbedding
        self.tiedTo = tiedTo
        self.parameters = parameters
    }

    /// The shape of one of its parameters.
    public func shape(of name: String) -> [Int]? { parameters.first { $0.name == name }?.shape }
}
