import Foundation

/// A safetensors file, mapped into memory: its tensors are used where they lie.
///
/// Layout: a 64-bit little-endian length, a JSON header of that length with name, dtype, shape and byte range of each
/// tensor, then the bytes.
public struct SafetensorsFile: Sendable {
    /// The names, in the order of their bytes.
    public let names: [String]
    /// The header's `__metadata__`.
    public let metadata: [String: String]
    /// The file's path.
    public let path: String
    private let tensors: [String: Tensor]

    /// The header's length at most, as in the reference implementation.
    static let headerLimit = 100_000_000

    /// Maps a file and checks its header against its size.
    ///
    /// - Throws: `TensorError` with the file, the tensor, what was expected and what was found.
    public init(path: String) throws {
        self.path = path
        let file = try MappedFile(path: path)
        let (header, start) = try Self.header(of: file)
        metadata = header.metadata
        var found: [(name: String, tensor: Tensor, start: Int)] = []
        for (name, entry) in header.tensors {
            found.append((name, try Self.tensor(name, entry, file, start), entry.dataOffsets[0]))
        }
        found.sort { ($0.start, $0.name) < ($1.start, $1.name) }
        try Self.checkCoverage(found.map { ($0.name, $0.start, $0.tensor.byteCount) }, file.count - start, path)
        names = found.map(\.name)
        tensors = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.tensor) })
    }

    /// The tensor of a name.
    public subscript(name: String) -> Tensor? { tensors[name] }

    /// Every tensor, in the order of the bytes.
    public var stateDict: StateDict { StateDict(names.compactMap { name in tensors[name].map { (name, $0) } }) }

    private static func header(of file: MappedFile) throws -> (header: SafetensorsHeader, start: Int) {
        guard file.count >= 8 else { throw damaged(file.path, "it has \(file.count) bytes, less than a header") }
        let length = UInt64(littleEndian: file.base.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(headerLimit), 8 + Int(length) <= file.count else {
            throw damaged(file.path, "its header claims \(length) bytes, the file has \(file.count)")
        }
        let bytes = Data(bytes: file.base + 8, count: Int(length))
        do {
            return (try JSONDecoder().decode(SafetensorsHeader.self, from: bytes), 8 + Int(length))
        } catch {
            throw TensorError(
                .corruptFile, "\(file.path): its header is not a safetensors header; copy it again", cause: error)
        }
    }

    private static func tensor(
        _ name: String, _ entry: SafetensorsHeader.Entry, _ file: MappedFile, _ start: Int
    ) throws -> Tensor {
        guard let dtype = DType(rawValue: entry.dtype) else {
            throw TensorError(
                .unsupported, "\(file.path): tensor \(name) has type \(entry.dtype), which lorad does not read")
        }
        guard entry.dataOffsets.count == 2, let expected = entry.byteCount(dtype) else {
            throw damaged(file.path, "tensor \(name) has the shape \(entry.shape) and byte range \(entry.dataOffsets)")
        }
        let (begin, end) = (entry.dataOffsets[0], entry.dataOffsets[1])
        guard begin >= 0, end >= begin, end <= file.count - start else {
            throw damaged(
                file.path, "tensor \(name) lies at bytes \(begin)..<\(end), the file holds \(file.count - start)")
        }
        guard end - begin == expected else {
            throw damaged(
                file.path, "tensor \(name) has \(end - begin) bytes, \(dtype.rawValue) \(entry.shape) takes \(expected)"
            )
        }
        let storage = Storage(file: file, offset: start + begin, byteCount: expected)
        let tensor = Tensor(storage: storage, shape: entry.shape, dtype: dtype)
        return (start + begin) % dtype.size == 0 ? tensor : tensor.copied()  // old writers do not align
    }

    /// Tensors must follow one another without gaps or overlaps, to the end of the file.
    private static func checkCoverage(_ regions: [(name: String, start: Int, count: Int)], _ total: Int, _ path: String)
        throws
    {
        var end = 0
        for region in regions {
            guard region.start == end else {
                throw damaged(path, "tensor \(region.name) begins at byte \(region.start), expected \(end)")
            }
            end += region.count
        }
        guard end == total else { throw damaged(path, "its tensors end at byte \(end) of \(total)") }
    }

    private static func damaged(_ path: String, _ reason: String) -> TensorError {
        TensorError(.corruptFile, "\(path) is damaged or incomplete: \(reason); copy it again")
    }
}
