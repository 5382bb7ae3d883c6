public import Foundation

/// Writes files so that their final names only ever stand for complete contents.
public enum AtomicFile {
    /// Writes the pieces to a temporary file beside `path`, flushes it to disk, and renames it into place.
    ///
    /// - Throws: `TensorError.writeFailed` (disk full, permission denied…); the old file then stays as it was.
    public static func write(_ pieces: some Sequence<UnsafeRawBufferPointer>, to path: String) throws {
        let temporary = "\(path).\(UUID().uuidString.prefix(8)).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path, errno) }
        do {
            for piece in pieces { try writeAll(piece, descriptor, path) }
            guard fsync(descriptor) == 0 else { throw failure(path, errno) }
            guard rename(temporary, path) == 0 else { throw failure(path, errno) }
            close(descriptor)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        synchronizeFolder(of: path)
    }

    /// Writes `data` in the same way.
    public static func write(_ data: Data, to path: String) throws {
        try data.withUnsafeBytes { try write([$0], to: path) }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure(path, errno) }
            rest = rest.dropFirst(written)
        }
    }

    /// Makes the rename itself durable.
    private static func synchronizeFolder(of path: String) {
        let descriptor = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String, _ code: Int32) -> TensorError {
        TensorError(
            .writeFailed, "cannot write \(path): \(String(cString: strerror(code))); what was there is unchanged")
    }
}
