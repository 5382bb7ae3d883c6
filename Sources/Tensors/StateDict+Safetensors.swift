public import Foundation

extension StateDict {
    /// The bytes of a safetensors file with these tensors: a header, then each tensor's bytes in order.
    ///
    /// The metadata `{"format": "pt"}` is what transformers and PEFT ask for.
    public func safetensorsHeader(metadata: [String: String] = ["format": "pt"]) throws -> Data {
        var header = SafetensorsHeader(metadata: metadata)
        var offset = 0
        for (name, tensor) in entries {
            let end = offset + tensor.byteCount
            header.tensors[name] = .init(dtype: tensor.dtype.rawValue, shape: tensor.shape, dataOffsets: [offset, end])
            offset = end
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try encoder.encode(header)
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json
    }

    /// Writes a safetensors file, complete or not at all.
    ///
    /// - Throws: `TensorError.writeFailed`; what was at `path` is then unchanged.
    public func write(to path: String, metadata: [String: String] = ["format": "pt"]) throws {
        let header = try safetensorsHeader(metadata: metadata)
        try withExtendedLifetime(self) {
            let pieces = entries.map { UnsafeRawBufferPointer(start: $0.tensor.pointer, count: $0.tensor.byteCount) }
            try header.withUnsafeBytes { try AtomicFile.write([$0] + pieces, to: path) }
        }
    }
}
