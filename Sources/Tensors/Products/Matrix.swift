/// A two-dimensional view of memory: element (i, j) lies at `i · rowStride + j · columnStride`, one of them 1.
struct Matrix {
    var pointer: UnsafeMutableRawPointer
    var dtype: DType
    var rows: Int
    var columns: Int
    var rowStride: Int
    var columnStride: Int

    init(_ pointer: UnsafeMutableRawPointer, _ dtype: DType, rows: Int, columns: Int, stride: Int? = nil) {
        self.pointer = pointer
        self.dtype = dtype
        self.rows = rows
        self.columns = columns
        rowStride = stride ?? columns
        columnStride = 1
    }

    /// All of a tensor, its outer dimensions as rows.
    init(_ tensor: Tensor) {
        self.init(tensor.pointer, tensor.dtype, rows: tensor.rows, columns: tensor.columns)
    }

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
