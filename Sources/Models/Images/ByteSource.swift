import Foundation

/// Checked random access to an image's bytes, in memory or on disk, so a header is read without its pixels.
final class ByteSource {
    /// What errors call the image.
    let name: String
    /// How many bytes there are.
    let count: Int
    private let storage: Storage
    /// Where the image begins in its file.
    private var start = 0
    private var window: (start: Int, bytes: [UInt8]) = (0, [])
    private static let windowSize = 4096

    private enum Storage {
        case memory(Data)
        case disk(FileHandle)
    }

    /// The bytes of `data`.
    init(data: Data, name: String) {
        self.name = name
        count = data.count
        storage = .memory(data)
    }

    /// The bytes of a regular file, or of a part of one, of at most `limit` bytes.
    init(file: URL, part: Range<Int>? = nil, name: String? = nil, limit: Int) throws {
        self.name = name ?? file.path
        let size = try Self.size(of: file)
        guard part.map({ 0 <= $0.lowerBound && $0.upperBound <= size }) ?? true else {
            throw ModelError(
                .corruptFile, "\(self.name): \(file.path) has only \(size) bytes; it has changed or is truncated")
        }
        start = part?.lowerBound ?? 0
        count = part?.count ?? size
        guard count <= limit else {
            throw ModelError(
                .invalidInput, "\(self.name): \(count) bytes are more than the limit of \(limit) bytes for an image")
        }
        do {
            storage = .disk(try FileHandle(forReadingFrom: file))
        } catch {
            throw ModelError(.fileNotFound, "\(file.path): the image cannot be opened", cause: error)
        }
    }

    deinit {
        if case .disk(let handle) = storage { try? handle.close() }
    }

    /// The bytes `offset ..< offset + length`, or an error where the file ends before them.
    func bytes(at offset: Int, count length: Int) throws -> [UInt8] {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { throw truncated() }
        if length > Self.windowSize { return try load(offset, length) }
        if offset < window.start || offset + length > window.start + window.bytes.count {
            window = (offset, try load(offset, min(Self.windowSize, count - offset)))
        }
        let start = offset - window.start
        return Array(window.bytes[start..<start + length])
    }

    /// All bytes.
    func data() throws -> Data {
        switch storage {
        case .memory(let data): data
        case .disk: Data(try load(0, count))
        }
    }

    /// The error for a file that ends too early.
    func truncated() -> ModelError {
        ModelError(.corruptFile, "\(name): the image is truncated (\(count) bytes); replace the file")
    }

    private func load(_ offset: Int, _ length: Int) throws -> [UInt8] {
        switch storage {
        case .memory(let data):
            let start = data.startIndex + offset
            return Array(data[start..<start + length])
        case .disk(let handle):
            let bytes: Data?
            do {
                try handle.seek(toOffset: UInt64(start + offset))
                bytes = try handle.read(upToCount: length)
            } catch {
                throw ModelError(.corruptFile, "\(name): the image cannot be read", cause: error)
            }
            guard let bytes, bytes.count == length else { throw truncated() }
            return Array(bytes)
        }
    }

    private static func size(of file: URL) throws -> Int {
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
        } catch {
            throw ModelError(.fileNotFound, "\(file.path): no such image; check the path", cause: error)
        }
        let type = attributes[.type] as? FileAttributeType
        guard type == .typeRegular, let size = attributes[.size] as? NSNumber else {
            let found = type == .typeDirectory ? "a folder" : "a device, pipe or socket"
            throw ModelError(.invalidInput, "\(file.path): expected an image file, found \(found); check the path")
        }
        return size.intValue
    }
}
