public import Tensors

/// What training needs of every model family.
public protocol VisionLanguageModel: Sendable {
    /// What it is trained to do.
    var kind: ModelKind { get }
    /// The type that matrix products are computed in.
    var computing: DType { get }
    /// Words of the vocabulary: token ids are below it.
    var vocabularySize: Int { get }
    /// Whether the output embedding is the input embedding.
    var tiesEmbeddings: Bool { get }
    /// Height and width of pictures, in pixels.
    var imageSize: Int { get }
    /// Its parts: the names of the modules that make up each, the same in every version of transformers.
    var parts: [ModelPart: [String]] { get }
    /// Paths of modules that no result depends on.
    var unusedModules: [String] { get }
    /// An estimate of what a forward pass keeps for the backward pass, and of its largest buffers, in bytes.
    func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int
    /// What the layers before the first that trains make of a picture, [rows, width] in float32; nil where none is frozen.
    ///
    /// - Parameter pixels: one picture, [1, channels, height, width].
    func frozenFeatures(_ pixels: Tensor) -> Tensor?
    /// How the names of these layers' tensors begin; empty where none is frozen.
    var frozenFeaturePrefixes: [String] { get }
}

/// What a model is trained to do, and so what its loss is.
public enum ModelKind: Sendable {
    /// To continue a text.
    case generative(any GenerativeModel)
    /// To tell which texts and pictures belong together.
    case contrastive(any ContrastiveModel)
}

extension VisionLanguageModel {
    /// The model, where it continues texts.
    ///
    /// - Throws: `ModelError.unsupported` where it does not.
    public var generative: any GenerativeModel {
        get throws {
            guard case .generative(let model) = kind else {
                throw ModelError(.unsupported, "this model writes no text: it only compares texts and pictures")
            }
            return model
        }
    }

    /// The model, where it compares texts and pictures.
    ///
    /// - Throws: `ModelError.unsupported` where it does not.
    public var contrastive: any ContrastiveModel {
        get throws {
            guard case .contrastive(let model) = kind else {
                throw ModelError(.unsupported, "this model writes texts: it does not compare them with pictures")
            }
            return model
        }
    }
}
