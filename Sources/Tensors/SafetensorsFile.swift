public import Foundation

/// A safetensors file, mapped into memory. Its tensors are used in place.
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
    public static let headerLimit = 100_000_000

    /// Maps a file and checks its header against its size.
    ///
    /// - Throws: `TensorError` with the file, the tensor, what was expected and what was found.
    public init(path: String) throws {
        let file = try MappedFile(path: path)
        let bytes = UnsafeRawBufferPointer(start: file.base, count: file.count)
        try self.init(bytes, path, Self.headerLimit) { offset, shape, type, count in
            let storage = Storage(file: file, offset: offset, byteCount: count)
            let tensor = Tensor(storage: storage, shape: shape, dtype: type)
            return offset % type.size == 0 ? tensor : tensor.copied()  // old writers do not align
        }
    }

    /// Reads the bytes of a file from memory. The tensors are copies.
    ///
    /// - Parameters:
    ///   - name: what errors call it.
    ///   - headerLimit: the maximum length of the header in bytes. Parsing takes many times that much memory.
    /// - Throws: `TensorError`, as for a file.
    public init(data: Data, name: String, headerLimit: Int = headerLimit) throws {
        self = try data.withUnsafeBytes { bytes in
            try SafetensorsFile(bytes, name, headerLimit) { offset, shape, type, count in
                let tensor = Tensor(uninitialized: shape, type)
                let target = UnsafeMutableRawBufferPointer(start: tensor.storage.pointer, count: count)
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
                return tensor
            }
        }
    }

    private init(
        _ bytes: UnsafeRawBufferPointer, _ path: String, _ headerLimit: Int,
        tensor: (_ offset: Int, _ shape: [Int], _ type: DType, _ byteCount: Int) -> Tensor
    ) throws {
        self.path = path
        let (header, start) = try Self.header(of: bytes, headerLimit, path)
        metadata = header.metadata
        let regions = try header.tensors.map { name, entry in
            let (type, range) = try Self.range(of: entry, name, bytes.count - start, path)
            return (name: name, type: type, range: range, shape: entry.shape)
        }.sorted { ($0.range.lowerBound, $0.range.count, $0.name) < ($1.range.lowerBound, $1.range.count, $1.name) }
        // Before memory is taken: regions that overlap could ask for many times the file's size.
        try Self.checkCoverage(
            regions.map { ($0.name, $0.range.lowerBound, $0.range.count) }, bytes.count - start, path)
        names = regions.map(\.name)
        tensors = Dictionary(
            uniqueKeysWithValues: regions.map {
                ($0.name, tensor(start + $0.range.lowerBound, $0.shape, $0.type, $0.range.count))
            })
    }

    /// The tensor of a name.
    public subscript(name: String) -> Tensor? { tensors[name] }

    /// Every tensor, in the order of the bytes.
    public var stateDict: StateDict { StateDict(names.compactMap { name in tensors[name].map { (name, $0) } }) }

    private static func header(
        of bytes: UnsafeRawBufferPointer, _ headerLimit: Int, _ path: String
    ) throws -> (header: SafetensorsHeader, start: Int) {
        if GitLFSPointer.isOne(bytes) { throw TensorError(.corruptFile, "\(path) \(GitLFSPointer.message)") }
        guard bytes.count >= 8 else { throw damaged(path, "it has \(bytes.count) bytes, less than a header") }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(headerLimit), 8 + Int(length) <= bytes.count else {
            throw damaged(path, "its header claims \(length) bytes, but the file has \(bytes.count)")
        }
        let json = UnsafeRawBufferPointer(rebasing: bytes[8..<8 + Int(length)])
        let header: SafetensorsHeader
        do {
            header = try JSONDecoder().decode(SafetensorsHeader.self, from: Data(json))
        } catch {
            throw TensorError(
                .corruptFile, "\(path): its header is not a safetensors header; copy it again", cause: error)
        }
        guard header.nameCount == SafetensorsHeader.writtenNameCount(json) else {
            throw damaged(path, "its header lists a tensor twice")
        }
        return (header, 8 + Int(length))
    }

    /// Where a tensor lies, after the header, and what it is made of.
    private static func range(
        of entry: SafetensorsHeader.Entry, _ name: String, _ total: Int, _ path: String
    ) throws -> (type: DType, range: Range<Int>) {
        guard let dtype = DType(rawValue: entry.dtype) else {
            throw TensorError(
                .unsupported, "\(path): tensor \(name) has type \(entry.dtype), which lorad does not read")
        }
        guard entry.dataOffsets.count == 2, let expected = entry.byteCount(dtype) else {
            throw damaged(path, "tensor \(name) has the shape \(entry.shape) and byte range \(entry.dataOffsets)")
        }
        let (begin, end) = (entry.dataOffsets[0], entry.dataOffsets[1])
        guard begin >= 0, end >= begin, end <= total else {
            throw damaged(path, "tensor \(name) is at bytes \(begin)..<\(end), but the file has \(total)")
        }
        guard end - begin == expected else {
            throw damaged(
                path, "tensor \(name) has \(end - begin) bytes, \(dtype.rawValue) \(entry.shape) takes \(expected)")
        }
        return (dtype, begin..<end)
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
