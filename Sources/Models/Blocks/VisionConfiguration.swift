public import Tensors

/// A CLIP vision transformer (arXiv:2103.00020).
public struct VisionConfiguration: Sendable, Equatable {
    /// Width of the residual stream.
    public var hiddenSize: Int
    /// Width inside the MLP.
    public var intermediateSize: Int
    /// Number of layers.
    public var layers: Int
    /// Attention heads.
    public var heads: Int
    /// Colour channels.
    public var channels: Int
    /// Height and width of an image, in pixels.
    public var imageSize: Int
    /// Height and width of a patch, in pixels.
    public var patchSize: Int
    /// The MLP's non-linearity.
    public var activation: Activation
    /// Added to the variance in the norms.
    public var normEpsilon: Float

    /// Number of patches of an image; an edge smaller than a patch is ignored.
    public var patches: Int { (imageSize / patchSize) * (imageSize / patchSize) }

    /// The size of an image.
    var tile: TileSize { TileSize(height: imageSize, width: imageSize) }

    /// The layers.
    var encoder: EncoderShape {
        EncoderShape(
            width: hiddenSize, inner: intermediateSize, heads: heads, activation: activation, normEpsilon: normEpsilon)
    }

    /// What a family fills in for keys that a `vision_config` leaves out.
    struct Defaults: Sendable {
        /// The `model_type`s that the family's towers have; the first if none is given.
        var modelTypes = ["clip_vision_model"]
        /// Sizes by their keys.
        var sizes: [String: Int] = [:]
        /// `hidden_act`.
        var activation = "quick_gelu"
        /// `layer_norm_eps`.
        var epsilon = 1e-5
    }

    /// Reads a `vision_config`; `defaults` are the family's own for keys that it leaves out.
    init(_ reader: ConfigurationReader, defaults: Defaults = Defaults()) throws {
        let size = { (key: String, fallback: Int) in try reader.size(key, default: defaults.sizes[key] ?? fallback) }
        let type = try reader.text("model_type", default: defaults.modelTypes.first)
        guard defaults.modelTypes.contains(type) else {
            throw reader.invalid("model_type", "\"\(type)\"", defaults.modelTypes.joined(separator: " or "))
        }
        hiddenSize = try size("hidden_size", 768)
        intermediateSize = try size("intermediate_size", 3_072)
        layers = try reader.layerCount(default: defaults.sizes["num_hidden_layers"] ?? 12)
        heads = try size("num_attention_heads", 12)
        channels = try size("num_channels", 3)
        guard channels == 3 else { throw reader.invalid("num_channels", "\(channels)", "3 (red, green and blue)") }
        imageSize = try size("image_size", 224)
        patchSize = try size("patch_size", 32)
        normEpsilon = Float(try reader.number("layer_norm_eps", default: defaults.epsilon))
        let name = try reader.text("hidden_act", default: defaults.activation)
        guard let activation = Activation(name: name) else {
            throw reader.invalid("hidden_act", "\"\(name)\"", "one of \(Activation.allCases.map(\.rawValue))")
        }
        self.activation = activation
        guard hiddenSize % heads == 0 else {
            throw reader.invalid("num_attention_heads", "\(heads)", "a divisor of hidden_size \(hiddenSize)")
        }
        guard patchSize <= imageSize else { throw reader.invalid("patch_size", "\(patchSize)", "at most \(imageSize)") }
    }
}
