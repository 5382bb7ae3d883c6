public import Foundation
public import Tensors

/// How a family represents an image: the tiles that it is split into, and its tokens in a text.
public protocol ImageLayout: Sendable {
    /// The token for one row of image features; `nil` if images are not part of a text's tokens.
    var imageToken: Int? { get }
    /// The plan of every image, if it does not depend on the image's size.
    var fixedPlan: ImagePlan? { get }
    /// Why no image fits: what the processor makes of every image is not what the model takes. `nil` if images may fit.
    var mismatch: String? { get }
    /// The most tokens that stand for an image, separators included.
    var mostTokens: Int { get }
    /// A canonical description of what pixel values follow from, for caches: equal layouts have equal keys.
    var cacheKey: String { get }
    /// The key for an image file's contents.
    func cacheKey(forImage file: Data) -> String
    /// The tiles and tokens of an image of a size, in pixels.
    ///
    /// - Throws: `ModelError` if an image of that size cannot be used.
    func plan(width: Int, height: Int) throws -> ImagePlan
    /// The text that takes an image's place: image tokens with the family's separators.
    ///
    /// - Parameter imageToken: the image token as the tokenizer writes it.
    func text(of plan: ImagePlan, imageToken: String) -> String
    /// The tiles of an image: [tiles, 3, height, width] in float32.
    ///
    /// - Throws: `ModelError` if the image cannot be used.
    func tiles(of image: RGBImage) throws -> Tensor
}

extension ImageLayout {
    /// None.
    public var fixedPlan: ImagePlan? { nil }
    /// None.
    public var mismatch: String? { nil }
    /// Image tokens alone.
    public func text(of plan: ImagePlan, imageToken: String) -> String {
        String(repeating: imageToken, count: plan.featureCount)
    }
}

/// How an image of some size becomes a model's input.
public struct ImagePlan: Sendable, Equatable {
    /// Rows of the grid of tiles; 0 if the image is not cut.
    public let rows: Int
    /// Columns of the grid of tiles; 0 if the image is not cut.
    public let columns: Int
    /// How many tiles there are, the image as a whole included.
    public let tileCount: Int
    /// How many rows of features the image becomes: its image tokens.
    public let featureCount: Int

    /// A plan.
    public init(rows: Int = 0, columns: Int = 0, tileCount: Int = 1, featureCount: Int) {
        self.rows = rows
        self.columns = columns
        self.tileCount = tileCount
        self.featureCount = featureCount
    }
}

/// The size of a tile, in pixels.
public struct TileSize: Sendable, Equatable {
    /// Pixels down.
    public let height: Int
    /// Pixels across.
    public let width: Int

    /// A size.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }
}
