// O = softmax(Q Kᵀ / √d) V, by head and by segment; Q and K rotated by position (RoPE: arXiv:2104.09864)
//
// Rows are first laid out head by head, the query heads that share keys together, so that a product takes contiguous rows of
// all of them at once. Queries are taken in blocks, and no T × T matrix is ever kept: the pullback computes each block's
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

/// Which rows attend to which: packed sequences, each of which attends only to itself.
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
    /// Rows seen at most, the row itself included; `nil` for all.
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
    var group: Int { heads / keyValueHeads }
    /// Where keys and values begin.
    var firstKey: Int { heads * headSize * (boundaries.last ?? 0) }
    var firstValue: Int { (heads + keyValueHeads) * headSize * (boundaries.last ?? 0) }
}

extension Tensor {
    /// Attention of rows of queries, then of keys, then of values: [rows, heads · headSize], of this tensor's type.
    ///
    /// - Parameters:
    ///   - layout: the heads, the sequences, and the rows that each row may attend to.
    ///   - rotary: rotates queries and keys by their positions; `nil` for learned positions.
    ///   - positions: the position of each row, within the table.
    public func attended(
        _ layout: AttentionLayout, rotary: RotaryTable? = nil, positions: [Int32] = []
    ) -> Tensor {
        let span = Span("attention")
        let rows = layout.boundaries.last ?? 0
        precondition(count == layout.width * rows, "attention over \(shape)")
        precondition(rotary == nil || positions.count == rows, "\(positions.count) positions for \(rows) rows")
        // Both directions start from the same rounded values, so that the recomputed probabilities sum to one.
        let inputs = AttentionInputs(
            self, layout, rotary, positions, operandType: Products.operandType(computing: dtype))
        let logSums = Tensor(uninitialized: [inputs.queries.tensor.count / layout.headSize])
        let output = inputs.forward(logSums)
        let result = Tensor(uninitialized: [rows, layout.heads * layout.headSize], dtype)
        output.join(into: result)
        let x = target
        let type = dtype
        return result.recorded(span, from: [self]) { upstream, gradients in
            let dx = Tensor(uninitialized: x.shape, type)
            inputs.backward(upstream, logSums, into: dx, rotary, positions)
            gradients.accumulate(dx, for: x)
        }
    }
}

/// Rows of heads, head after head: [heads / group, stride, group, size]. The last block of a sequence may reach beyond its end,
/// so there is room behind the rows of each head: what lies there is finite and comes to nothing.
private struct HeadRows {
    private(set) var tensor: Tensor
    let rows: Int
    let heads: Int
    let group: Int
    let size: Int

    /// Rows from one head to the next.
    var stride: Int { rows + AttentionBlock.overhang }

    /// Uninitialized, or zeros.
    init(_ layout: AttentionLayout, heads: Int, group: Int, _ type: DType, zeros: Bool = false) {
        rows = layout.boundaries.last ?? 0
        self.heads = heads
        self.group = group
        size = layout.headSize
        let stride = rows + AttentionBlock.overhang
        tensor = Tensor(uninitialized: [heads / group * stride * group * size], type)
        let row = group * size * type.size
        let first = zeros ? 0 : rows
        for head in 0..<heads / group {
            (tensor.pointer + (head * stride + first) * row).initializeMemory(
                as: UInt8.self, repeating: 0, count: (stride - first) * row)
        }
    }

    /// Takes rows that begin at element `first` of `x`.
    init(
        _ x: Tensor, first: Int, _ layout: AttentionLayout, heads: Int, group: Int, _ type: DType,
        rotary: RotaryTable? = nil, positions: [Int32] = []
    ) {
        self.init(layout, heads: heads, group: group, type)
        withShape(rotary, positions) {
            lorad_split_heads(x.pointer + first * x.dtype.size, x.dtype.kernel, tensor.pointer, type.kernel, &$0)
        }
    }

    /// The same in another type.
    func converted(to type: DType) -> HeadRows {
        var result = self
        result.tensor = tensor.converted(to: type)
        return result
    }

    /// Writes rows that begin at element `first` of `x`.
    func join(into x: Tensor, first: Int = 0, rotary: RotaryTable? = nil, positions: [Int32] = []) {
        withShape(rotary, positions) {
            lorad_join_heads(
                tensor.pointer, tensor.dtype.kernel, x.pointer + first * x.dtype.size, x.dtype.kernel, &$0)
        }
    }

    private func withShape(
        _ rotary: RotaryTable?, _ positions: [Int32], _ body: (inout lorad_heads) -> Void
    ) {
        positions.withUnsafeBufferPointer { positions in
            var shape = lorad_heads(
                rows: rows, stride: stride, heads: heads, group: group, width: size, ld: heads * size,
                cosine: rotary?.cosine.floats,
                sine: rotary?.sine.floats, positions: positions.baseAddress)
            body(&shape)
        }
    }

    /// Rows of the heads of one group: [count · group, size].
    func matrix(_ head: Int, from row: Int, count: Int) -> Matrix {
        Matrix(tensor, first: (head * stride + row) * group * size, rows: count * group, columns: size)
    }
}

/// Some queries of the heads that share keys, against the keys that they may see.
private struct AttentionBlock {
    /// Rows of causal blocks are a multiple of this, so that products have few different shapes.
    static let overhang = 32

    let head: Int
    let firstQuery: Int
    let queryCount: Int
    let firstKey: Int
    let keyCount: Int
    var mask: lorad_mask

    /// The blocks, those of a head in the order of memory: what one writes beyond its sequence, a later one writes over.
    static func forEach(_ layout: AttentionLayout, _ body: @Sendable (AttentionBlock) -> Void) {
        PartBoard.forEach(layout.keyValueHeads) { head in
            for (start, end) in zip(layout.boundaries, layout.boundaries.dropFirst()) {
                // A block of a non-causal sequence sees all of it: fewer, larger ones.
                let rows = layout.isCausal ? 2 * overhang : 256
                for first in stride(from: start, to: end, by: rows) {
                    body(AttentionBlock(layout, head: head, queries: first..<min(first + rows, end), start..<end))
                }
            }
        }
    }

    private init(_ layout: AttentionLayout, head: Int, queries: Range<Int>, _ sequence: Range<Int>) {
        let padded = { (count: Int) in
            layout.isCausal ? (count + Self.overhang - 1) / Self.overhang * Self.overhang : count
        }
        let before = layout.window.map { max(0, queries.lowerBound + 1 - $0 - sequence.lowerBound) } ?? 0
        self.head = head
        firstQuery = queries.lowerBound
        queryCount = padded(queries.count)
        firstKey = sequence.lowerBound + before / Self.overhang * Self.overhang
        keyCount = padded((layout.isCausal ? queries.upperBound : sequence.upperBound) - firstKey)
        mask = lorad_mask(
            rows: queryCount * layout.group, n: keyCount, group: layout.group, valid: queries.count,
            offset: firstQuery - firstKey, window: layout.window ?? 0, causal: layout.isCausal ? 1 : 0,
            scale: layout.scale)
    }
}

/// What attention works on, and its two directions.
private struct AttentionInputs: Sendable {
    let layout: AttentionLayout
    let type: DType
    let queries: HeadRows
    let keys: HeadRows
    let values: HeadRows

    init(
        _ x: Tensor, _ layout: AttentionLayout, _ rotary: RotaryTable?, _ positions: [Int32], operandType: DType
    ) {
        self.layout = layout
        type = operandType
        // Rounded as the results are, whatever products are computed in.
        func rows(_ first: Int, _ heads: Int, _ group: Int, _ rotary: RotaryTable?) -> HeadRows {
            HeadRows(
                x, first: first, layout, heads: heads, group: group, x.dtype, rotary: rotary, positions: positions
            ).converted(to: operandType)
        }
        queries = rows(0, layout.heads, layout.group, rotary)
        keys = rows(layout.firstKey, layout.keyValueHeads, 1, rotary)
        values = rows(layout.firstValue, layout.keyValueHeads, 1, nil)
    }

    private func query(_ rows: HeadRows, _ block: AttentionBlock) -> Matrix {
        rows.matrix(block.head, from: block.firstQuery, count: block.queryCount)
    }

    private func key(_ rows: HeadRows, _ block: AttentionBlock) -> Matrix {
        rows.matrix(block.head, from: block.firstKey, count: block.keyCount)
    }

    private func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, accumulate: Bool = false) {
        Products.multiply(a, b, into: c, accumulate: accumulate, computing: type)
    }

    private func product(_ a: Matrix, _ b: Matrix) -> Tensor {
        let result = Tensor(uninitialized: [a.rows, b.columns])
        multiply(a, b, into: Matrix(result))
        return result
    }

    /// Memory for what is computed of scores: their own, or half as much.
    private func narrowed(_ scores: Tensor) -> Tensor {
        type == .float32 ? scores : Tensor(uninitialized: scores.shape, type)
    }

    private func logSums(_ all: Tensor, _ block: AttentionBlock) -> UnsafeMutablePointer<Float> {
        all.floats + (block.head * queries.stride + block.firstQuery) * layout.group
    }

    func forward(_ sums: Tensor) -> HeadRows {
        let output = HeadRows(layout, heads: layout.heads, group: layout.group, type)
        AttentionBlock.forEach(layout) { block in
            var mask = block.mask
            let scores = product(query(queries, block), key(keys, block).transposed)
            let exponentials = narrowed(scores)
            let inverse = Tensor(uninitialized: [scores.rows])
            lorad_exponentials(
                scores.floats, type == .float32 ? nil : exponentials.halves, inverse.floats, logSums(sums, block),
                &mask)
            let values = product(Matrix(exponentials), key(values, block))
            lorad_scale_rows(
                values.floats, inverse.floats, query(output, block).pointer, type.kernel, values.rows, values.columns)
        }
        return output
    }

    func backward(
        _ upstream: Tensor, _ sums: Tensor, into dx: Tensor, _ rotary: RotaryTable?, _ positions: [Int32]
    ) {
        let dy = HeadRows(upstream, first: 0, layout, heads: layout.heads, group: layout.group, type)
        let dq = HeadRows(layout, heads: layout.heads, group: layout.group, .float32)
        let dk = HeadRows(layout, heads: layout.keyValueHeads, group: 1, .float32, zeros: true)
        let dv = HeadRows(layout, heads: layout.keyValueHeads, group: 1, .float32, zeros: true)
        AttentionBlock.forEach(layout) { block in
            var mask = block.mask
            let scores = product(query(queries, block), key(keys, block).transposed)
            let dscores = product(query(dy, block), key(values, block).transposed)
            let (p, ds) = (narrowed(scores), narrowed(dscores))
            let isWide = type == .float32
            lorad_softmax_pullback(
                scores.floats, dscores.floats, isWide ? nil : p.halves, isWide ? nil : ds.halves,
                logSums(sums, block), &mask)
            multiply(Matrix(p).transposed, query(dy, block), into: key(dv, block), accumulate: true)
            multiply(Matrix(ds), key(keys, block), into: query(dq, block))
            multiply(Matrix(ds).transposed, query(queries, block), into: key(dk, block), accumulate: true)
        }
        dq.join(into: dx, rotary: rotary, positions: positions)
        dk.join(into: dx, first: layout.firstKey, rotary: rotary, positions: positions)
        dv.join(into: dx, first: layout.firstValue)
    }
}
