/// A two-dimensional view of memory: element (i, j) is at `i · rowStride + j · columnStride`, one of them 1.
struct Matrix: @unchecked Sendable {  // whoever writes to a part of it is alone there
    var pointer: UnsafeMutableRawPointer
    var dtype: DType
    var rows: Int
    var columns: Int
    var rowStride: Int
    var columnStride: Int
    /// What keeps the memory: a view of a temporary tensor outlives the tensor.
    private let storage: Storage

    /// Some of a tensor's elements, from element `first` on.
    init(_ tensor: Tensor, first: Int, rows: Int, columns: Int) {
        storage = tensor.storage
        pointer = tensor.pointer + first * tensor.dtype.size
        dtype = tensor.dtype
        self.rows = rows
        self.columns = columns
        rowStride = columns
        columnStride = 1
    }

    /// All of a tensor, its outer dimensions as rows.
    init(_ tensor: Tensor) { self.init(tensor, first: 0, rows: tensor.rows, columns: tensor.columns) }

    /// The same memory read the other way round.
    var transposed: Matrix {
        var result = self
        swap(&result.rows, &result.columns)
        swap(&result.rowStride, &result.columnStride)
        return result
    }

    func columns(_ range: Range<Int>) -> Matrix {
        var result = self
        result.pointer += range.lowerBound * columnStride * dtype.size
        result.columns = range.count
        return result
    }

    func rows(_ range: Range<Int>) -> Matrix {
        transposed.columns(range).transposed
    }

    var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
    var halves: UnsafeMutablePointer<UInt16> { pointer.assumingMemoryBound(to: UInt16.self) }
    /// Whether rows are contiguous in memory.
    var isRowMajor: Bool { columnStride == 1 }
    /// The distance between rows, or columns, in memory; that of a single one is as large as libraries ask for.
    var stride: Int {
        guard isRowMajor else { return columns == 1 ? max(columnStride, rows) : columnStride }
        return rows == 1 ? max(rowStride, columns) : rowStride
    }
}
