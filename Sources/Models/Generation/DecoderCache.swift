import Tensors

/// What a decoder keeps of a sequence, so that each further token costs one row: keys and values by layer.
///
/// One thread at a time may use it.
public final class DecoderCache {
    let layers: [KeyValueCache]

    init(layers: [KeyValueCache]) { self.layers = layers }

    /// Tokens so far.
    public var position: Int { layers.first?.position ?? 0 }
}
