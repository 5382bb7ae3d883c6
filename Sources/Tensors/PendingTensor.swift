import Foundation

/// A tensor that is made when it is written, so a file can be larger than memory.
public struct PendingTensor: Sendable {
    /// Its name.
    public let name: String
    /// Its elements' type.
    public let dtype: DType
    /// Its shape.
    public let shape: [Int]
    private let make: @Sendable () -> Tensor

    /// Creates it.
    ///
    /// - Parameter make: makes the tensor, of this type and shape.
    public init(_ name: String, _ dtype: DType, _ shape: [Int], make: @escaping @Sendable () -> Tensor) {
        (self.name, self.dtype, self.shape, self.make) = (name, dtype, shape, make)
    }

    /// Size in bytes.
    public var byteCount: Int { shape.reduce(dtype.size, *) }

    /// Writes a safetensors file of these tensors, complete or not at all. Each tensor is alive only while it is
    /// written.
    ///
    /// - Throws: `TensorError.writeFailed`; an old file at `path` is then unchanged.
    public static func write(
        _ tensors: [PendingTensor], to path: String, metadata: [String: String] = ["format": "pt"]
    ) throws {
        let header = try SafetensorsHeader(tensors.map { ($0.name, $0.dtype, $0.shape) }, metadata: metadata)
            .fileStart()
        try header.withUnsafeBytes { try AtomicFile.write(Pieces(header: $0, tensors: tensors), to: path) }
    }

    /// The bytes of a file, piece by piece.
    private struct Pieces: Sequence, IteratorProtocol {
        let header: UnsafeRawBufferPointer
        let tensors: [PendingTensor]
        private var index = -1
        private var current: Tensor?

        init(header: UnsafeRawBufferPointer, tensors: [PendingTensor]) {
            (self.header, self.tensors) = (header, tensors)
        }

        mutating func next() -> UnsafeRawBufferPointer? {
            defer { index += 1 }
            guard index >= 0 else { return header }
            current = nil
            guard index < tensors.count else { return nil }
            let pending = tensors[index]
            let tensor = pending.make()
            precondition(
                tensor.dtype == pending.dtype && tensor.shape == pending.shape, "\(pending.name) is \(tensor.shape)")
            current = tensor
            return UnsafeRawBufferPointer(start: tensor.pointer, count: tensor.byteCount)
        }
    }
}
