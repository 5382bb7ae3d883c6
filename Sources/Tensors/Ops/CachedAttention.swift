// Attention of the last rows of one sequence over all of its rows, of which the earlier ones' keys and values are kept.
//
// The equations are those of Attention.swift; nothing is kept for a pullback.
import CKernels

/// The keys and values of a sequence's rows so far in one layer: what the next row needs.
///
/// Each head has its own memory, which is read in order. If a layer attends only to a window of rows, earlier rows are
/// dropped when memory runs out. Only one thread may use the cache at a time.
public final class KeyValueCache {
    /// Keys, then values: [heads, capacity, head size].
    private var buffers: [Tensor]
    private let heads: Int
    private let headSize: Int
    private let window: Int?
    private var capacity: Int { buffers[0].shape[1] }
    /// Rows that are kept.
    private(set) var count = 0
    /// Rows that came before, forgotten ones included: the position of the next one.
    public private(set) var position = 0

    /// Creates an empty cache.
    ///
    /// - Parameters:
    ///   - layout: the heads, and the window of visible rows.
    ///   - type: type of the keys and values, in which attention is computed.
    public init(_ layout: AttentionLayout, type: DType) {
        (heads, headSize, window) = (layout.keyValueHeads, layout.headSize, layout.window)
        buffers = (0..<2).map { [heads, headSize] _ in Tensor(uninitialized: [heads, 0, headSize], type) }
    }

    /// Takes the keys, turned by their positions, and values of rows, [rows, heads · head size] each.
    fileprivate func append(keys: Tensor, values: Tensor) {
        reserve(keys.rows)
        for (rows, buffer) in zip([keys, values], buffers) {
            for head in 0..<heads {
                let columns = Matrix(rows).columns(head * headSize..<(head + 1) * headSize)
                columns.copyRows(to: slice(buffer, head, count..<count + keys.rows))
            }
        }
        count += keys.rows
        position += keys.rows
    }

    /// Keys or values of a head.
    fileprivate func rows(of index: Int, head: Int, _ rows: Range<Int>) -> Matrix {
        slice(buffers[index], head, rows)
    }

    private func slice(_ buffer: Tensor, _ head: Int, _ rows: Range<Int>) -> Matrix {
        Matrix(
            buffer, first: (head * buffer.shape[1] + rows.lowerBound) * headSize, rows: rows.count, columns: headSize)
    }

    /// Makes room, at least doubling it, so that rows are moved a constant number of times on average.
    private func reserve(_ rows: Int) {
        guard count + rows > capacity else { return }
        let kept = min(count, window.map { $0 - 1 } ?? count)
        let room = max(64, 2 * kept, kept + rows)
        buffers = buffers.map { old in
            let new = Tensor(uninitialized: [heads, room, headSize], old.dtype)
            for head in 0..<heads {
                slice(old, head, count - kept..<count).copyRows(to: slice(new, head, 0..<kept))
            }
            return new
        }
        count = kept
    }
}

extension Matrix {
    /// Copies contiguous rows into those of another matrix of the same type.
    fileprivate func copyRows(to other: Matrix) {
        for i in 0..<rows {
            (other.pointer + i * other.rowStride * dtype.size)
                .copyMemory(from: pointer + i * rowStride * dtype.size, byteCount: columns * dtype.size)
        }
    }
}

extension Tensor {
    /// Attention for the next rows of the cache's sequence, whose keys and values are added to the cache. The input is
    /// queries, then keys, then values; the result is [rows, heads · headSize], a constant of this tensor's type.
    ///
    /// - Parameters:
    ///   - layout: the heads, and the window; each row sees itself and earlier ones.
    ///   - rotary: rotates queries and keys; covers the rows' positions, which start at the cache's.
    ///   - cache: of this layer and sequence.
    public func attended(_ layout: AttentionLayout, rotary: RotaryTable, cache: KeyValueCache) -> Tensor {
        precondition(count % layout.width == 0, "attention over \(shape)")
        let rows = count / layout.width
        let first = Int32(cache.position)
        let positions = (0..<Int32(rows)).map { first + $0 }
        let part = { (start: Int, heads: Int, rotary: RotaryTable?) in
            turned(first: start * rows * layout.headSize, rows, heads, layout.headSize, rotary, positions)
        }
        let (heads, keyHeads) = (layout.heads, layout.keyValueHeads)
        cache.append(keys: part(heads, keyHeads, rotary), values: part(heads + keyHeads, keyHeads, nil))
        let queries = part(0, heads, rotary).converted(to: .float32)
        let attention = CachedAttention(layout: layout, queries: queries, cache: cache)
        return (rows == 1 ? attention.ofOneRow() : attention.ofRows()).converted(to: dtype)
    }

    /// Rows of heads that begin at element `first`, turned by their positions: [rows, heads · size].
    private func turned(
        first: Int, _ rows: Int, _ heads: Int, _ size: Int, _ rotary: RotaryTable?, _ positions: [Int32]
    ) -> Tensor {
        let result = Tensor(uninitialized: [rows, heads * size], dtype)
        positions.withUnsafeBufferPointer { positions in
            var shape = lorad_heads(
                rows: rows, stride: rows, heads: heads, group: heads, width: size, ld: heads * size,
                cosine: rotary?.cosine.floats,
                sine: rotary?.sine.floats, positions: positions.baseAddress)
            lorad_split_heads(
                pointer + first * dtype.size, dtype.kernel, result.pointer, dtype.kernel, &shape)
        }
        return result
    }
}

/// The last rows of a sequence, in float32, against those of its cache, which has them too.
private struct CachedAttention {
    let layout: AttentionLayout
    let queries: Tensor
    let cache: KeyValueCache
    /// Rows of queries at a time, so that their scores stay small.
    private let blockRows = 256

    private var width: Int { layout.heads * layout.headSize }
    private var group: Int { layout.group }

    /// The rows of the cache that rows of `queries` see between them.
    private func seen(by rows: Range<Int>) -> Range<Int> {
        let offset = cache.count - queries.rows
        let first = layout.window.map { max(0, offset + rows.lowerBound + 1 - $0) } ?? 0
        return first..<offset + rows.upperBound
    }

    func ofOneRow() -> Tensor {
        let result = Tensor(uninitialized: [1, width])
        let seen = seen(by: 0..<1)
        let scores = Tensor(uninitialized: [group, seen.count])
        for head in 0..<layout.keyValueHeads {
            let (keys, values) = (cache.rows(of: 0, head: head, seen), cache.rows(of: 1, head: head, seen))
            let start = head * group * layout.headSize
            let (q, y) = (queries.floats + start, result.floats + start)
            if keys.dtype == .float32 {
                lorad_attend_f32(
                    q, keys.floats, values.floats, scores.floats, y, group, seen.count, layout.headSize, layout.scale)
            } else {
                lorad_attend_bf16(
                    q, keys.halves, values.halves, scores.floats, y, group, seen.count, layout.headSize, layout.scale)
            }
        }
        return result
    }

    func ofRows() -> Tensor {
        let result = Tensor(uninitialized: [queries.rows, width])
        for first in stride(from: 0, to: queries.rows, by: blockRows) {
            let rows = first..<min(first + blockRows, queries.rows)
            for head in 0..<layout.heads { attend(rows, head, into: result) }
        }
        return result
    }

    private func attend(_ rows: Range<Int>, _ head: Int, into result: Tensor) {
        let seen = seen(by: rows)
        let columns = head * layout.headSize..<(head + 1) * layout.headSize
        let scores = Tensor(uninitialized: [rows.count, seen.count])
        let (inverse, logSums) = (Tensor(uninitialized: [rows.count]), Tensor(uninitialized: [rows.count]))
        Products.multiply(
            Matrix(queries).rows(rows).columns(columns), cache.rows(of: 0, head: head / group, seen).transposed,
            into: Matrix(scores), computing: .float32)
        var mask = lorad_mask(
            rows: rows.count, n: seen.count, group: 1, valid: rows.count, offset: seen.count - rows.count,
            window: layout.window ?? 0, causal: 1, scale: layout.scale)
        lorad_exponentials(scores.floats, nil, inverse.floats, logSums.floats, &mask)
        let values = Tensor(uninitialized: [rows.count, layout.headSize])
        Products.multiply(
            Matrix(scores), cache.rows(of: 1, head: head / group, seen), into: Matrix(values), computing: .float32)
        for (row, factor) in zip(rows, inverse.values) {
            let start = row * width + columns.lowerBound
            lorad_scaled(
                values.floats + (row - rows.lowerBound) * values.columns, factor, result.floats + start, LORAD_F32,
                values.columns)
        }
    }
}
