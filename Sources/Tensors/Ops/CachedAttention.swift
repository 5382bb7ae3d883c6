// Attention of the last rows of one sequence over all of its rows, of which the earlier ones' keys and values are kept.
//
// The equations are those of Attention.swift; nothing is kept for a pullback.
import CKernels

/// The keys and values of a sequence's rows so far in one layer: what generating one more row needs of the others.
///
/// Each head has memory of its own, so that it is read in order. Where a layer sees a window of rows only, those before
/// it are forgotten when memory runs out. One thread at a time may use it.
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
    ///   - layout: heads, and the window of rows that are seen.
    ///   - type: of the keys and values: what attention is computed in.
    public init(_ layout: AttentionLayout, type: DType) {
        (heads, headSize, window) = (layout.keyValueHeads, layout.headSize, layout.window)
        buffers = (0..<2).map { [heads, headSize] _ in Tensor(uninitialized: [heads, 0, headSize], type) }
    }

    /// Takes the keys and values of rows [queries | keys | values], whose keys are turned by their positions.
    fileprivate func append(_ packed: Tensor) {
        reserve(packed.rows)
        let first = packed.columns - 2 * heads * headSize
        for (index, buffer) in buffers.enumerated() {
            for head in 0..<heads {
                let column = first + (index * heads + head) * headSize
                let columns = Matrix(packed).columns(column..<column + headSize)
                columns.copyRows(to: slice(buffer, head, count..<count + packed.rows))
            }
        }
        count += packed.rows
        position += packed.rows
    }

    /// Keys or values of a head.
    fileprivate func rows(of index: Int, head: Int, _ rows: Range<Int>) -> Matrix {
        slice(buffers[index], head, rows)
    }

    private func slice(_ buffer: Tensor, _ head: Int, _ rows: Range<Int>) -> Matrix {
        let offset = (head * buffer.shape[1] + rows.lowerBound) * headSize * buffer.dtype.size
        return Matrix(buffer.pointer + offset, buffer.dtype, rows: rows.count, columns: headSize)
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
    /// Attention of the next rows [queries | keys | values] of the cache's sequence, which takes their keys and values:
    /// [rows, heads · headSize], a constant of this tensor's type.
    ///
    /// - Parameters:
    ///   - layout: the heads, and the window; each row sees itself and earlier ones.
    ///   - rotary: turns queries and keys; covers the rows' positions, which begin at the cache's.
    ///   - cache: of this layer and sequence.
    public func attended(_ layout: AttentionLayout, rotary: RotaryTable, cache: KeyValueCache) -> Tensor {
        precondition(columns == layout.width, "attention over \(shape)")
        let first = Int32(cache.position)
        let packed = converted(to: .float32)
            .rotated(layout, rotary, (0..<Int32(rows)).map { first + $0 }, sign: 1).converted(to: dtype)
        cache.append(packed)
        let attention = CachedAttention(layout: layout, packed: packed.converted(to: .float32), cache: cache)
        return (rows == 1 ? attention.ofOneRow() : attention.ofRows()).converted(to: dtype)
    }
}

/// The last rows of a sequence, in float32, against those of its cache, which has them too.
private struct CachedAttention {
    let layout: AttentionLayout
    let packed: Tensor
    let cache: KeyValueCache
    /// Rows of queries at a time, so that their scores stay small.
    private let blockRows = 256

    private var width: Int { layout.heads * layout.headSize }
    private var group: Int { layout.heads / layout.keyValueHeads }

    /// The rows of the cache that rows of `packed` see between them.
    private func seen(by rows: Range<Int>) -> Range<Int> {
        let offset = cache.count - packed.rows
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
            let (q, y) = (packed.floats + start, result.floats + start)
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
        let result = Tensor(uninitialized: [packed.rows, width])
        for first in stride(from: 0, to: packed.rows, by: blockRows) {
            let rows = first..<min(first + blockRows, packed.rows)
            for head in 0..<layout.heads { attend(rows, head, into: Matrix(result)) }
        }
        return result
    }

    private func attend(_ rows: Range<Int>, _ head: Int, into result: Matrix) {
        let seen = seen(by: rows)
        let columns = head * layout.headSize..<(head + 1) * layout.headSize
        let scores = Tensor(uninitialized: [rows.count, seen.count])
        let logSums = Tensor(uninitialized: [rows.count])
        let keys = cache.rows(of: 0, head: head / group, seen)
        Products.multiply(
            Matrix(packed).rows(rows).columns(columns), keys.transposed, into: Matrix(scores), computing: .float32)
        lorad_softmax(
            scores.floats, logSums.floats, rows.count, seen.count, seen.count - rows.count, 1, layout.window ?? 0,
            layout.scale)
        Products.multiply(
            Matrix(scores), cache.rows(of: 1, head: head / group, seen),
            into: result.rows(rows).columns(columns), computing: .float32)
    }
}
