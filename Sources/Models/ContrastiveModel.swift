public import Tensors

/// A model that embeds images and texts in one space, trained so that matching pairs are close.
public protocol ContrastiveModel: VisionLanguageModel {
    /// The logarithm of what cosines are multiplied by: one number, float32, trainable where it trains.
    var logitScale: Tensor { get }
    /// The name of that parameter.
    var logitScaleName: String { get }
    /// Rows that an image takes in its tower.
    var rowsPerImage: Int { get }
    /// The most tokens of a text.
    var maximumTextLength: Int { get }
    /// A token that every text must hold, because its place is what stands for the text; `nil` if absent.
    var endToken: Int? { get }
    /// Whether anything trains that embeddings of images depend on.
    var trainsPictures: Bool { get }
    /// Whether anything trains that embeddings of texts depend on.
    var trainsTexts: Bool { get }
    /// Embeddings of images [n, channels, height, width]: [n, d] in float32, each of length 1.
    func pictureEmbeddings(_ pixels: Tensor) -> Tensor
    /// Embeddings of texts: [texts, d] in float32, each of length 1.
    ///
    /// - Parameters:
    ///   - tokens: texts packed one after another, each of 1 to `maximumTextLength` tokens.
    ///   - boundaries: 0, then the end of each.
    func textEmbeddings(_ tokens: [Int32], boundaries: [Int]) -> Tensor
}

extension ContrastiveModel {
    /// `nil`: there are no frozen features to cache, because embeddings need whole images.
    public func frozenFeatures(_ image: Tensor) -> Tensor? { nil }

    /// None.
    public var frozenFeaturePrefixes: [String] { [] }
}
