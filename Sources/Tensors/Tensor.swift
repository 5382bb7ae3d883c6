/// A dense, row-major array of numbers, with its node in the gradient graph.
///
/// A tensor is a value: operations make new ones. Only trainable tensors are written in place (`updateInPlace`), by an
/// optimizer between steps. A tensor with a `node` depends on something trainable; one without is a constant, and
/// nothing is computed or kept for its gradient.
public struct Tensor: Sendable {
    /// The memory, shared by views.
    public internal(set) var storage: Storage
    /// Where the elements begin in the storage, in bytes.
    let byteOffset: Int
    /// Lengths of the dimensions, outermost first.
    public let shape: [Int]
    /// The elements' type.
    public let dtype: DType
    /// The operation that made it, when something that trains is below.
    var node: Node?
    /// How its elements are made again, where that is cheap: a pullback that reads them then keeps none of them.
    var recipe: (@Sendable () -> Tensor)?

    init(storage: Storage, byteOffset: Int = 0, shape: [Int], dtype: DType, node: Node? = nil) {
        self.storage = storage
        self.byteOffset = byteOffset
        self.shape = shape
        self.dtype = dtype
        self.node = node
    }

    /// A tensor whose contents are still to be written by the operation that makes it.
    init(uninitialized shape: [Int], _ dtype: DType = .float32) {
        let byteCount = shape.reduce(1, *) * dtype.size
        self.init(storage: Storage(byteCount: byteCount), shape: shape, dtype: dtype)
    }

    /// A float32 tensor of zeros.
    public init(zeros shape: [Int]) {
        self.init(uninitialized: shape)
        storage.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    /// A float32 tensor with the given elements, row by row.
    public init(_ values: [Float], shape: [Int]) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for the shape \(shape)")
        self.init(uninitialized: shape)
        floats.update(from: values, count: values.count)
    }

    /// A 64-bit integer vector.
    public init(integers: [Int64]) {
        self.init(uninitialized: [integers.count], .int64)
        pointer.assumingMemoryBound(to: Int64.self).update(from: integers, count: integers.count)
    }

    /// The elements of a 64-bit integer tensor.
    public var integerValues: [Int64] { dtype == .int64 ? integers(Int64.self) : [] }

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// Size of the elements in bytes.
    public var byteCount: Int { count * dtype.size }
    /// Length of the last dimension.
    public var columns: Int { shape.last ?? 1 }
    /// Product of all dimensions but the last.
    public var rows: Int { shape.dropLast().reduce(1, *) }
    /// Whether something trainable is below.
    public var isDifferentiable: Bool { node != nil }

    /// The same numbers without their place in the graph.
    public var detached: Tensor {
        var copy = self
        (copy.node, copy.recipe) = (nil, nil)
        return copy
    }

    /// The address of the first element.
    var pointer: UnsafeMutableRawPointer { storage.pointer + byteOffset }
    /// The elements of a float32 tensor.
    var floats: UnsafeMutablePointer<Float> {
        precondition(dtype == .float32, "float32 expected, found \(dtype)")
        return pointer.assumingMemoryBound(to: Float.self)
    }
    /// The elements of a bfloat16 or float16 tensor, as bits.
    var halves: UnsafeMutablePointer<UInt16> { pointer.assumingMemoryBound(to: UInt16.self) }

    /// The elements as float32, row by row (computable and integer types alike).
    public var values: [Float] {
        switch dtype {
        case .float32: return Array(UnsafeBufferPointer(start: floats, count: count))
        case .bfloat16, .float16: return converted(to: .float32).values
        case .float64: return integers(Double.self).map(Float.init)
        case .int64: return integers(Int64.self).map(Float.init)
        case .int32: return integers(Int32.self).map(Float.init)
        case .int16: return integers(Int16.self).map(Float.init)
        case .int8: return integers(Int8.self).map(Float.init)
        case .uint8, .bool: return integers(UInt8.self).map(Float.init)
        }
    }

    /// The raw bytes of the elements.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: pointer, count: byteCount))
    }

    /// The elements of a float32 tensor.
    public func withFloats<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
        try body(UnsafeBufferPointer(start: floats, count: count))
    }

    /// Lets an optimizer change a float32 parameter in place. Call it only while no graph that uses it is alive.
    public func updateInPlace<Result>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> Result) rethrows -> Result {
        precondition(!storage.isMapped, "a mapped file is never written")
        return try body(UnsafeMutableBufferPointer(start: floats, count: count))
    }

    /// The same elements in another shape of the same count. Constants only; see `reshaped` for the graph.
    func view(_ shape: [Int]) -> Tensor {
        precondition(shape.reduce(1, *) == count, "cannot view \(self.shape) as \(shape)")
        return Tensor(storage: storage, byteOffset: byteOffset, shape: shape, dtype: dtype)
    }

    /// Rows `range` of a constant, sharing its memory.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(node == nil && range.upperBound <= rows, "rows \(range) of \(shape)")
        return Tensor(
            storage: storage, byteOffset: byteOffset + range.lowerBound * columns * dtype.size,
            shape: [range.count, columns], dtype: dtype)
    }

    private func integers<T>(_: T.Type) -> [T] {
        Array(UnsafeBufferPointer(start: pointer.assumingMemoryBound(to: T.self), count: count))
    }
}
