public import Foundation
public import Tensors

/// What training needs of every model family.
public protocol VisionLanguageModel: Sendable {
    /// The type that matrix products are computed in.
    var computing: DType { get }
    /// Words of the vocabulary: token ids are below it.
    var vocabularySize: Int { get }
    /// Whether the output embedding is the input embedding.
    var tiesEmbeddings: Bool { get }
    /// The size of a tile that the model takes; models of several sizes say the one that they were made for.
    var tile: TileSize { get }
    /// What the model makes of images.
    ///
    /// - Parameter folder: the model's folder, which says how images become pixel values.
    /// - Throws: `ModelError` naming the file and the key that is missing, wrong or not supported.
    func imageLayout(_ folder: URL) throws -> any ImageLayout
    /// Its parts: the names of the modules that make up each, the same in every version of transformers.
    var parts: [ModelPart: [String]] { get }
    /// Paths of modules that no result depends on.
    var unusedModules: [String] { get }
    /// An estimate of what a forward pass keeps for the backward pass, and of its largest buffers, in bytes.
    func activationBytes(tokens: Int, pictures: Int, checkpointing: Bool) -> Int
    /// What the layers before the first that trains make of an image, [rows, width] in float32; `nil` if none is frozen.
    ///
    /// - Parameter image: the image's tiles, [tiles, channels, height, width].
    func frozenFeatures(_ image: Tensor) -> Tensor?
    /// How the names of these layers' tensors begin; empty where none is frozen.
    var frozenFeaturePrefixes: [String] { get }
    /// Scores of a made-up input: random words, and images of noise. Two models of one base can be compared by them.
    ///
    /// - Parameter seed: what words and noise are drawn from.
    func probed(seed: UInt64) -> [Float]
}

extension VisionLanguageModel {
    /// The model, if it generates text.
    ///
    /// - Throws: `ModelError.unsupported` if it does not.
    public var generative: any GenerativeModel {
        get throws {
            guard let model = self as? any GenerativeModel else {
                throw ModelError(.unsupported, "this model does not generate text: it only compares text with images")
            }
            return model
        }
    }

    /// The model, if it compares text with images.
    ///
    /// - Throws: `ModelError.unsupported` if it does not.
    public var contrastive: any ContrastiveModel {
        get throws {
            guard let model = self as? any ContrastiveModel else {
                throw ModelError(.unsupported, "this model generates text: it does not compare text with images")
            }
            return model
        }
    }
}
