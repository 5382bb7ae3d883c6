import Synchronization
import Tensors

/// A Llama-style decoder without its output embedding (arXiv:2302.13971).
struct TextDecoder: Sendable {
    let configuration: DecoderConfiguration
    let embedding: EmbeddingTable
    let layers: [DecoderLayer]
    let norm: RMSNorm
    let computing: DType
    private let rotary: RotaryCache

    init(_ builder: WeightBuilder, _ path: String, _ configuration: DecoderConfiguration) {
        self.configuration = configuration
        embedding = builder.embedding(
            "\(path).embed_tokens", rows: configuration.vocabularySize, columns: configuration.hiddenSize)
        layers = builder.layers("\(path).layers", count: configuration.layers) { path, index in
            DecoderLayer(builder, path, configuration, index: index)
        }
        norm = RMSNorm(builder, "\(path).norm", size: configuration.hiddenSize, epsilon: configuration.normEpsilon)
        computing = builder.computing
        // A head size that no weight bears out may be any number.
        rotary = RotaryCache(
            builder.fits ? configuration.rotary.inverseFrequencies(headSize: configuration.headSize) : [])
    }

    /// The last hidden states, normalised, of some rows of packed sequences of embeddings [rows, width].
    ///
    /// - Parameter wanted: the rows, in rising order. Nothing else reads the others once the last layer has attended to them.
    func callAsFunction(
        _ embeddings: Tensor, boundaries: [Int], positions: [Int32], wanted: [Int32], checkpointing: Bool
    ) -> Tensor {
        let layout = layout(boundaries)
        let table = rotary.table(positions: Int(positions.max() ?? 0) + 1)
        var x = embeddings
        for (index, layer) in layers.enumerated() {
            let block = { @Sendable (x: Tensor) in
                layer(x, layout, table, positions, wanted: index == layers.count - 1 ? wanted : nil)
            }
            x = checkpointing && (x.isDifferentiable || layer.isTrainable) ? x.checkpointed(block) : block(x)
        }
        return norm(x, as: computing)
    }

    /// The last hidden states, normalised, of the next rows of the cache's sequence, which takes them in; without a graph.
    func callAsFunction(_ embeddings: Tensor, cache: DecoderCache) -> Tensor {
        Tensor.rowByRow {
            let layout = layout([0, embeddings.rows])
            let table = rotary.table(positions: cache.position + embeddings.rows)
            let x = zip(layers, cache.layers).reduce(embeddings) { x, next in next.0(x, layout, table, next.1) }
            return norm(x, as: computing)
        }
    }

    /// The memory of a sequence of which there is nothing yet.
    func newCache() -> DecoderCache {
        DecoderCache(
            layers: layers.map { layer in
                var layout = layout([0])
                layout.window = layer.window
                return KeyValueCache(layout, type: computing)
            })
    }

    private func layout(_ boundaries: [Int]) -> AttentionLayout {
        AttentionLayout(
            heads: configuration.heads, keyValueHeads: configuration.keyValueHeads, headSize: configuration.headSize,
            boundaries: boundaries, isCausal: true)
    }
}

/// Rotary tables, grown to the longest sequence seen.
private final class RotaryCache: Sendable {
    private let inverseFrequencies: [Double]
    private let longest: Mutex<RotaryTable>

    init(_ inverseFrequencies: [Double]) {
        self.inverseFrequencies = inverseFrequencies
        longest = Mutex(RotaryTable(inverseFrequencies: inverseFrequencies, positions: 256))
    }

    func table(positions: Int) -> RotaryTable {
        longest.withLock { table in
            if table.positions < positions {
                table = RotaryTable(
                    inverseFrequencies: inverseFrequencies, positions: max(positions, 2 * table.positions))
            }
            return table
        }
    }
}
