public import Foundation

/// A safetensors file with some tensors renamed: the bytes of the tensors, their order and the header's own writing stay.
public enum SafetensorsRenaming {
    /// Writes a copy of a file, complete or not at all.
    ///
    /// - Parameters:
    ///   - names: the new name of each tensor that gets one.
    ///   - path: the path of the copy.
    /// - Throws: `TensorError` if the file is damaged, two tensors would have one name, or the copy cannot be written.
    public static func write(_ names: [String: String], of file: URL, to path: String) throws {
        let checked = try SafetensorsFile(path: file.path)
        guard Set(checked.names.map { names[$0] ?? $0 }).count == checked.names.count else {
            throw TensorError(
                .corruptFile,
                "\(file.path): contains tensors under both their old and their new names; remove one of each pair")
        }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: file, options: .mappedIfSafe)
        } catch {
            throw TensorError(.fileNotFound, "\(file.path): cannot be read", cause: error)
        }
        guard bytes.count >= 8 else { throw TensorError(.corruptFile, "\(file.path): changed while it was read") }
        let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        guard length >= 0, length <= bytes.count - 8 else {
            throw TensorError(.corruptFile, "\(file.path): changed while it was read")
        }
        let header = try renamed(bytes.dropFirst(8).prefix(length), names)
        let start = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header
        try start.withUnsafeBytes { start in
            try bytes.withUnsafeBytes { bytes in
                try AtomicFile.write([start, UnsafeRawBufferPointer(rebasing: bytes[(8 + length)...])], to: path)
            }
        }
    }

    /// The header with the keys of its outermost object replaced, padded so that tensors are aligned.
    private static func renamed(_ header: Data, _ names: [String: String]) throws -> Data {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var (result, depth) = (Data(), 0)
        var rest = header[...]
        while let byte = rest.popFirst() {
            result.append(byte)
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
            guard byte == quote else { continue }
            var literal = Data()
            while let byte = rest.popFirst(), byte != quote {
                literal.append(byte)
                if byte == backslash, let escaped = rest.popFirst() { literal.append(escaped) }
            }
            // All values of the outermost object are objects: a string at this depth is a tensor's name.
            let key = depth == 1 ? try JSONDecoder().decode(String.self, from: Data([quote]) + literal + [quote]) : ""
            if let name = names[key] {
                literal = try JSONEncoder.plain.encode(name).dropFirst().dropLast()
            }
            result += literal + [quote]
        }
        while result.last == UInt8(ascii: " ") { result.removeLast() }
        return result + Data(repeating: UInt8(ascii: " "), count: (8 - result.count % 8) % 8)
    }
}

extension JSONEncoder {
    fileprivate static var plain: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }
}
