import CKernels
import COneDNN
import COpenBLAS
import Foundation

/// Matrix products: the one file that decides which library computes what. Nothing else names one.
///
/// - bfloat16 operands: oneDNN primitives if the processor has bfloat16 instructions, otherwise float32 products of the
///   expanded operands (the expansion costs a few percent; emulated bfloat16 kernels run at a fifth of the speed).
/// - float32 with both operands read along rows of memory (x Wᵀ): oneDNN primitives, which reach their packed speed on
///   plain weights. All other layouts, and products too small to be worth compiling: `dnnl_sgemm`.
/// - A single row inside `Tensor.rowByRow`, as in text generation: `RowProduct`.
/// - OpenBLAS computes every float32 product if oneDNN cannot, or if `LORAD_MATMUL=openblas` is set.
public enum Products {
    private static let wantsOpenBLAS = ProcessInfo.processInfo.environment["LORAD_MATMUL"] == "openblas"
    private static let usesOpenBLAS = wantsOpenBLAS && lorad_openblas_load() == 1
    private static let multipliesBFloat16 = !usesOpenBLAS && OneDNN.multipliesBFloat16

    /// One line about the libraries in use, for `--version` and the start of a run.
    public static var summary: String {
        let bfloat16 = multipliesBFloat16 ? "bfloat16 native" : "bfloat16 expanded to float32"
        if usesOpenBLAS { return "\(openBLASVersion ?? "OpenBLAS"), \(bfloat16)" }
        return "oneDNN \(OneDNN.version), \(bfloat16)"
    }

    /// Whether bfloat16 numbers are multiplied as they are, instead of being expanded to float32 before.
    public static var areNativeInBFloat16: Bool { multipliesBFloat16 }

    /// What could not be had and is done another way, to be said once at the start of a run.
    public static func notices(computing type: DType) -> [String] {
        var notices: [String] = []
        if wantsOpenBLAS, !usesOpenBLAS {
            notices.append("LORAD_MATMUL=openblas: libopenblas.so.0 is not installed (libopenblas-dev); oneDNN is used")
        }
        if type == .bfloat16, !multipliesBFloat16 {
            notices.append("this processor has no bfloat16 instructions: operands are expanded to float32")
        }
        return notices
    }

    /// Versions of the libraries.
    public static var versions: [String] {
        ["oneDNN \(OneDNN.version)"] + (openBLASVersion.map { [$0] } ?? ["OpenBLAS not installed"])
    }

    private static var openBLASVersion: String? {
        lorad_openblas_configuration().map {
            String(cString: $0).split(separator: " ").prefix(2).joined(separator: " ")
        }
    }

    /// The type that operands are multiplied in when computing in `type`; converting once to it saves repeats.
    static func operandType(computing type: DType) -> DType {
        type == .bfloat16 && multipliesBFloat16 ? .bfloat16 : .float32
    }

    /// c[m, n] = a[m, k] b[k, n], plus what c held when accumulating, plus a float32 row [n]; c is float32 or bfloat16
    /// with contiguous rows.
    ///
    /// - Parameter pieces: rows of a and c that are multiplied by themselves, so they are the same to the last bit
    ///   whatever the other rows hold and however many there are; nil multiplies all at once.
    static func multiply(
        _ a: Matrix, _ b: Matrix, into c: Matrix, accumulate: Bool = false, bias: Tensor? = nil, computing type: DType,
        pieces: [RowPiece]? = nil
    ) {
        precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns, "product of mismatched shapes")
        guard c.rows > 0, c.columns > 0 else { return }
        if let single = RowProduct(a, b, into: c) { return single.run(accumulate: accumulate, bias: bias) }
        let operand = operandType(computing: type)
        if operand == .float32, c.dtype != .float32 {
            return throughFloat32(c, accumulate: accumulate) {
                multiply(a, b, into: $0, accumulate: accumulate, bias: bias, computing: .float32, pieces: pieces)
            }
        }
        let left = Operand(a, as: operand)
        if b.dtype != operand, b.rows * b.columns > Operand.panel {
            if let bias { c.addRow(bias, replacing: !accumulate) }
            return multiplyByPanels(
                left.matrix, b, into: c, accumulate: accumulate || bias != nil, operand: operand, pieces: pieces)
        }
        let right = Operand(b, as: operand)
        products(left.matrix, right.matrix, c, accumulate: accumulate, bias: bias, pieces: pieces)
    }

    /// Expands a large frozen matrix piece by piece, so that each piece is multiplied while it is in cache.
    private static func multiplyByPanels(
        _ a: Matrix, _ b: Matrix, into c: Matrix, accumulate: Bool, operand: DType, pieces: [RowPiece]?
    ) {
        let (total, length) = b.isRowMajor ? (b.rows, b.columns) : (b.columns, b.rows)
        let lines = ProductTiles.length(total, about: max(1, Operand.panel / length), multiple: 16)
        for start in stride(from: 0, to: total, by: lines) {
            let range = start..<min(start + lines, total)
            let piece = Operand(b.isRowMajor ? b.rows(range) : b.columns(range), as: operand)
            if b.isRowMajor {
                products(a.columns(range), piece.matrix, c, accumulate: accumulate || start > 0, pieces: pieces)
            } else {
                products(a, piece.matrix, c.columns(range), accumulate: accumulate, pieces: pieces)
            }
        }
    }

    /// One product, or one for each piece of the rows.
    private static func products(
        _ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool, bias: Tensor? = nil, pieces: [RowPiece]?
    ) {
        guard let pieces else { return product(a, b, c, accumulate: accumulate, bias: bias) }
        for piece in pieces {
            product(a.rows(piece.rows), b, c.rows(piece.rows), accumulate: accumulate, bias: bias)
        }
    }

    private static func product(_ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool, bias: Tensor? = nil) {
        let span = Span("product")
        defer { span.end(.forward, product: ProfileEvent.Product(a, b, accumulates: accumulate)) }
        let tiles = ProductTiles(rows: c.rows, columns: c.columns, inner: a.columns)
        guard tiles.count > 1 else { return tile(a, b, c, accumulate: accumulate, bias: bias) }
        PartBoard.forEach(tiles.count) { index in
            let (rows, columns) = tiles[index]
            tile(
                a.rows(rows), b.columns(columns), c.rows(rows).columns(columns), accumulate: accumulate,
                bias: bias?.elements(columns))
        }
    }

    private static func tile(_ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool, bias: Tensor?) {
        if a.dtype == .float32, usesOpenBLAS {
            if let bias { c.addRow(bias, replacing: !accumulate) }
            let accumulate = accumulate || bias != nil
            return lorad_openblas_sgemm(
                a.isRowMajor ? 0 : 1, b.isRowMajor ? 0 : 1, Int32(c.rows), Int32(c.columns), Int32(a.columns), a.floats,
                Int32(a.stride), b.floats, Int32(b.stride), accumulate ? 1 : 0, c.floats, Int32(c.stride))
        }
        let size = c.rows * c.columns * a.columns
        let alongRows = a.isRowMajor && !b.isRowMajor
        if a.dtype == .bfloat16 || (alongRows && size > 1 << 15) {
            if OneDNN.current.multiply(a, b, c, accumulate: accumulate, bias: bias) { return }
            precondition(a.dtype == .float32, "oneDNN offers no bfloat16 product for this shape")
        }
        _ = OneDNN.current  // one thread for this lane's products
        if let bias { c.addRow(bias, replacing: !accumulate) }
        OneDNN.sgemm(a, b, c, accumulate: accumulate || bias != nil)
    }

    private static func throughFloat32(_ c: Matrix, accumulate: Bool, _ body: (Matrix) -> Void) {
        let wide = Tensor(uninitialized: [c.rows, c.columns])
        if accumulate {
            for i in 0..<c.rows { lorad_bf16_to_f32(c.halves + i * c.stride, wide.floats + i * c.columns, c.columns) }
        }
        body(Matrix(wide))
        for i in 0..<c.rows { lorad_f32_to_bf16(wide.floats + i * c.columns, c.halves + i * c.stride, c.columns) }
    }
}

/// How a product of many rows is cut, so that threads which have nothing to do can take part.
struct ProductTiles {
    private let rows: Int
    private let columns: Int
    private let rowLength: Int
    private let columnLength: Int

    /// Rows up to which a product is whole: those of a micro-batch that was packed of several rows of the data.
    private static let wholeRows = 512

    /// The tiles of a product; one where it is small.
    init(rows: Int, columns: Int, inner: Int) {
        (self.rows, self.columns) = (rows, columns)
        guard rows > Self.wholeRows, rows * columns * inner > 1 << 24 else {
            (rowLength, columnLength) = (max(rows, 1), max(columns, 1))
            return
        }
        rowLength = Self.length(rows, about: 160, multiple: 16)
        columnLength = Self.length(columns, about: 1024, multiple: 64)
    }

    var count: Int { rowCount * ((columns + columnLength - 1) / columnLength) }

    private var rowCount: Int { (rows + rowLength - 1) / rowLength }

    /// All tiles of some columns follow one another: they read the same weights.
    subscript(index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let (row, column) = (index % rowCount * rowLength, index / rowCount * columnLength)
        return (row..<min(row + rowLength, rows), column..<min(column + columnLength, columns))
    }

    /// The length of pieces that `count` is cut into, all alike but for the last.
    static func length(_ count: Int, about length: Int, multiple: Int) -> Int {
        let pieces = max(1, (count + length / 2) / length)
        return ((count + pieces - 1) / pieces + multiple - 1) / multiple * multiple
    }
}

extension Tensor {
    /// Some elements of a vector.
    fileprivate func elements(_ range: Range<Int>) -> Tensor {
        Tensor(
            storage: storage, byteOffset: byteOffset + range.lowerBound * dtype.size, shape: [range.count], dtype: dtype
        )
    }
}

extension Matrix {
    /// Adds a float32 row to every row, or sets every row to it.
    func addRow(_ row: Tensor, replacing: Bool) {
        guard !replacing else {
            let line = row.converted(to: dtype)
            for i in 0..<rows {
                (pointer + i * stride * dtype.size).copyMemory(from: line.pointer, byteCount: line.byteCount)
            }
            return
        }
        precondition(dtype == .float32, "a row is added to float32")
        lorad_add_bias(floats, row.floats, rows, columns, stride)
    }
}

/// An operand in the type of the product: the memory itself, or a converted copy that lives as long as this value.
struct Operand {
    /// Elements converted at a time: a float32 panel of 1 MiB.
    static let panel = 1 << 18

    let matrix: Matrix
    private let copy: Tensor?

    init(_ source: Matrix, as type: DType) {
        guard source.dtype != type else {
            (matrix, copy) = (source, nil)
            return
        }
        let flat = source.isRowMajor ? source : source.transposed
        let buffer = Tensor(uninitialized: [flat.rows, flat.columns], type)
        for i in 0..<flat.rows {
            let from = Tensor.Line(pointer: flat.pointer + i * flat.stride * flat.dtype.size, dtype: flat.dtype)
            from.convert(flat.columns, to: buffer.pointer + i * flat.columns * type.size, as: type)
        }
        let result = Matrix(buffer)
        (matrix, copy) = (source.isRowMajor ? result : result.transposed, buffer)
    }
}

extension ProfileEvent.Product {
    init(_ a: Matrix, _ b: Matrix, accumulates: Bool) {
        let layout = (a.isRowMajor ? "N" : "T") + (b.isRowMajor ? "N" : "T")
        self.init(
            m: a.rows, n: b.columns, k: a.columns, type: a.dtype, layout: layout, accumulates: accumulates)
    }
}
