// O = softmax(Q Kᵀ / √d) V, by head and by segment; Q and K rotated by position (RoPE: arXiv:2104.09864)
//
// Rows of queries are taken in blocks, so that no T × T matrix is ever kept: the pullback computes each block's
// probabilities again from the saved logarithm of its sums (FlashAttention's recomputation, arXiv:2205.14135).
//
// With P the probabilities and dP = dO Vᵀ:  dV = Pᵀ dO,  dS = P ∘ (dP − Σ P ∘ dP) / √d,  dQ = dS K,  dK = dSᵀ Q
import CKernels

/// Cosines and sines of the rotary angles: [positions, head size / 2] in float32.
public struct RotaryTable: Sendable {
    let cosine: Tensor
    let sine: Tensor

    /// Tables of angle position × frequency, both multiplied by `scale`.
    public init(inverseFrequencies: [Double], positions: Int, scale: Double = 1) {
        let angles = (0..<positions).flatMap { p in inverseFrequencies.map { Float(Float(p) * Float($0)) } }
        let shape = [positions, inverseFrequencies.count]
        cosine = Tensor(angles.map { Float(Double($0).cosine * scale) }, shape: shape)
        sine = Tensor(angles.map { Float(Double($0).sine * scale) }, shape: shape)
    }

    /// The number of positions that the tables cover.
    public var positions: Int { cosine.rows }
}

/// What attends to what: sequences packed one after another, each seeing only itself.
public struct AttentionLayout: Sendable {
    /// Query heads.
    public var heads: Int
    /// Key and value heads; each serves heads / keyValueHeads query heads (arXiv:2305.13245).
    public var keyValueHeads: Int
    /// Length of a head's rows.
    public var headSize: Int
    /// Boundaries of the packed sequences: 0, then the end of each.
    public var boundaries: [Int]
    /// Whether a row sees only itself and earlier ones.
    public var isCausal: Bool
    /// Rows seen at most, the row itself included; nil for all.
    public var window: Int?

    /// Creates a layout.
    public init(
        heads: Int, keyValueHeads: Int, headSize: Int, boundaries: [Int], isCausal: Bool, window: Int? = nil
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.boundaries = boundaries
        self.isCausal = isCausal
        self.window = window
    }

    var width: Int { (heads + 2 * keyValueHeads) * headSize }
    var scale: Float { 1 / Float(headSize).squareRoot() }
}

extension Tensor {
    /// Attention of rows [queries | keys | values]: [rows, heads · headSize], of this tensor's type.
    ///
    /// - Parameters:
    ///   - layout: heads, sequences, and what each row may see.
    ///   - rotary: turns queries and keys by their positions; none for learned positions.
    ///   - positions: the position of each row, within the table.
    public func attended(
        _ layout: AttentionLayout, rotary: RotaryTable? = nil, positions: [Int32] = []
    ) -> Tensor {
        precondition(columns == layout.width && layout.boundaries.last == rows, "attention over \(shape)")
        // Both directions start from the same rounded values, so that the recomputed probabilities sum to one.
        let kept = converted(to: .float32).rotated(layout, rotary, positions, sign: 1).converted(to: dtype)
        let result = Tensor(uninitialized: [rows, layout.heads * layout.headSize])
        let logSums = Tensor(uninitialized: [layout.heads, rows])
        AttentionBlocks(layout: layout, packed: kept.converted(to: .float32)).forEach {
            $0.forward(into: result, logSums)
        }
        let x = target
        return result.converted(to: dtype).recorded(from: [self]) { upstream, gradients in
            let packed = kept.converted(to: .float32)
            let dy = upstream.converted(to: .float32)
            let dx = Tensor(zeros: packed.shape)
            AttentionBlocks(layout: layout, packed: packed).forEach { $0.backward(dy, logSums, into: dx) }
            gradients.accumulate(dx.rotated(layout, rotary, positions, sign: -1), for: x)
        }
    }

    /// Queries and keys turned by their positions; values as they are.
    func rotated(
        _ layout: AttentionLayout, _ rotary: RotaryTable?, _ positions: [Int32], sign: Float
    ) -> Tensor {
        guard let rotary else { return detached }
        precondition(positions.count == rows, "\(positions.count) positions for \(rows) rows")
        let result = copied()
        for head in 0..<layout.heads + layout.keyValueHeads {
            let column = head * layout.headSize
            lorad_rotate(
                floats + column, columns, result.floats + column, columns, rotary.cosine.floats, rotary.sine.floats,
                positions, rows, layout.headSize / 2, sign)
        }
        return result
    }
}

/// The blocks of (sequence, head, rows of queries) that attention is computed in.
private struct AttentionBlocks {
    let layout: AttentionLayout
    let packed: Tensor
    /// Rows of queries at a time: with 2,048 keys a block of probabilities is 2 MiB.
    private let blockRows = 256

    func forEach(_ body: (AttentionBlock) -> Void) {
        for (start, end) in zip(layout.boundaries, layout.boundaries.dropFirst()) {
            for head in 0..<layout.heads {
                for first in stride(from: start, to: end, by: blockRows) {
                    let last = min(first + blockRows, end)
                    body(block(head: head, queries: first..<last, sequence: start..<end))
                }
            }
        }
    }

    private func block(head: Int, queries: Range<Int>, sequence: Range<Int>) -> AttentionBlock {
        let end = layout.isCausal ? queries.upperBound : sequence.upperBound
        let start = layout.window.map { max(sequence.lowerBound, queries.lowerBound + 1 - $0) } ?? sequence.lowerBound
        return AttentionBlock(layout: layout, packed: packed, head: head, queries: queries, keys: start..<end)
    }
}

/// Some queries of one head against the keys that they may see.
private struct AttentionBlock {
    let layout: AttentionLayout
    let packed: Tensor
    let head: Int
    let queries: Range<Int>
    let keys: Range<Int>

    private var keyHead: Int { layout.heads + head / (layout.heads / layout.keyValueHeads) }
    private var valueHead: Int { keyHead + layout.keyValueHeads }
    private var window: Int { layout.window ?? 0 }
    private var offset: Int { queries.lowerBound - keys.lowerBound }

    private func slice(_ tensor: Tensor, _ head: Int, _ rows: Range<Int>) -> Matrix {
        Matrix(tensor).rows(rows).columns(head * layout.headSize..<(head + 1) * layout.headSize)
    }

    private func product(_ a: Matrix, _ b: Matrix) -> Tensor {
        let result = Tensor(uninitialized: [a.rows, b.columns])
        Products.multiply(a, b, into: Matrix(result), computing: .float32)
        return result
    }

    private func add(_ a: Matrix, _ b: Matrix, to c: Matrix) {
        Products.multiply(a, b, into: c, accumulate: true, computing: .float32)
    }

    private var scores: Tensor { product(slice(packed, head, queries), slice(packed, keyHead, keys).transposed) }

    private func line(_ statistics: Tensor) -> UnsafeMutablePointer<Float> {
        statistics.floats + head * statistics.columns + queries.lowerBound
    }

    func forward(into result: Tensor, _ logSums: Tensor) {
        let scores = scores
        lorad_softmax(
            scores.floats, line(logSums), queries.count, keys.count, offset, layout.isCausal ? 1 : 0, window,
            layout.scale)
        Products.multiply(
            Matrix(scores), slice(packed, valueHead, keys), into: slice(result, head, queries), computing: .float32)
    }

    func backward(_ dy: Tensor, _ logSums: Tensor, into dx: Tensor) {
        let probabilities = scores
        lorad_softmax_again(
            probabilities.floats, line(logSums), queries.count, keys.count, offset, layout.isCausal ? 1 : 0, window,
            layout.scale)
        let upstream = slice(dy, head, queries)
        let dscores = product(upstream, slice(packed, valueHead, keys).transposed)
        add(Matrix(probabilities).transposed, upstream, to: slice(dx, valueHead, keys))
        lorad_softmax_pullback(probabilities.floats, dscores.floats, queries.count, keys.count, layout.scale)
        add(Matrix(dscores), slice(packed, keyHead, keys), to: slice(dx, head, queries))
        add(Matrix(dscores).transposed, slice(packed, head, queries), to: slice(dx, keyHead, keys))
    }
}
