public import Foundation

extension StateDict {
    /// The bytes of a safetensors file with these tensors: a header, then each tensor's bytes in order.
    ///
    /// transformers and PEFT require the metadata `{"format": "pt"}`.
    public func safetensorsHeader(metadata: [String: String] = ["format": "pt"]) throws -> Data {
        try SafetensorsHeader(
            entries.map { ($0.name, $0.tensor.dtype, $0.tensor.shape) }, metadata: metadata
        ).fileStart()
    }

    /// Writes a safetensors file, complete or not at all.
    ///
    /// - Throws: `TensorError.writeFailed`; an old file at `path` is then unchanged.
    public func write(to path: String, metadata: [String: String] = ["format": "pt"]) throws {
        let header = try safetensorsHeader(metadata: metadata)
        try withExtendedLifetime(self) {
            let pieces = entries.map { UnsafeRawBufferPointer(start: $0.tensor.pointer, count: $0.tensor.byteCount) }
            try header.withUnsafeBytes { try AtomicFile.write([$0] + pieces, to: path) }
        }
    }
}
