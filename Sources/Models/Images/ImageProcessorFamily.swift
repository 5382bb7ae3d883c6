/// An image processor class of transformers: what its configuration may leave out.
///
/// One more family of this kind is one more line in ``all``.
struct ImageProcessorFamily: Sendable {
    /// The class, less its `Fast` or `Pil`.
    let name: String
    let size: ImageTargetSize
    /// The crop, for families that crop unless told otherwise.
    var crop: ImageCrop?
    var filter = ResampleFilter.bicubic
    var normalization = clip
    /// Whether a bare number as `size` means a square, not the shortest edge.
    var defaultsToSquare = true
    /// Whether `do_pad` centres the image on a square of the mean colour.
    var padsToSquare = false
    /// Whether images are converted to RGB unless told otherwise.
    var convertsToRGB = true

    /// The families read here. Those that cut an image into tiles or patches are not among them.
    static let all: [ImageProcessorFamily] = [
        .init(name: "CLIPImageProcessor", size: .shortestEdge(224), crop: square224, defaultsToSquare: false),
        .init(
            name: "LlavaImageProcessor", size: .shortestEdge(224), crop: square224, defaultsToSquare: false,
            padsToSquare: true),
        .init(name: "BitImageProcessor", size: .shortestEdge(224), crop: square224, defaultsToSquare: false),
        .init(name: "BlipImageProcessor", size: .exact(height: 384, width: 384)),
        .init(
            name: "SiglipImageProcessor", size: .exact(height: 224, width: 224), normalization: half,
            defaultsToSquare: false),
        .init(
            name: "ViTImageProcessor", size: .exact(height: 224, width: 224), filter: .bilinear, normalization: half,
            convertsToRGB: false),
        .init(
            name: "DeiTImageProcessor", size: .exact(height: 256, width: 256), crop: square224, normalization: half,
            convertsToRGB: false),
    ]

    /// The family of a class name, whichever backend or age it says.
    static func named(_ type: String) -> ImageProcessorFamily? {
        var name = type
        for suffix in ["Fast", "Pil"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
        let old = "FeatureExtractor"
        if name.hasSuffix(old) { name = name.dropLast(old.count) + "ImageProcessor" }
        return all.first { $0.name == name }
    }

    private static let square224 = ImageCrop(height: 224, width: 224)
    private static let half = ImageNormalization(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
    private static let clip = ImageNormalization(
        mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711])
}
