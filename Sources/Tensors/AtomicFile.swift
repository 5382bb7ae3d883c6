public import Foundation

/// Writes files so that a reader, or a run that is started again after a crash, finds the old file or the new one and
/// never a part.
public enum AtomicFile {
    /// Writes the pieces to a temporary file beside `path`, flushes it to disk, renames it into place, and then flushes
    /// the folder, so a crash cannot undo the renaming.
    ///
    /// Missing folders are created. `permissions` apply to a new file, minus the process's mask.
    ///
    /// - Throws: `TensorError.writeFailed` (disk full, permission denied…); the old file is then unchanged, unless the
    ///   message says that only flushing the folder failed.
    public static func write(
        _ pieces: some Sequence<UnsafeRawBufferPointer>, to path: String, permissions: mode_t = 0o644
    ) throws {
        try write(to: path, permissions: permissions) { write in
            for piece in pieces { try write(piece) }
        }
    }

    /// Writes the pieces that the body passes on, in the same way.
    ///
    /// - Throws: also what the body throws; the old file is then unchanged.
    public static func write(
        to path: String, permissions: mode_t = 0o644,
        _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let folder = try createFolder(of: path)
        try replace(path, permissions, body)
        try synchronize(folder: folder, of: path)
    }

    /// Writes `data` in the same way.
    public static func write(_ data: Data, to path: String, permissions: mode_t = 0o644) throws {
        try data.withUnsafeBytes { try write([$0], to: path, permissions: permissions) }
    }

    /// Writes `text` as UTF-8 in the same way.
    public static func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

    /// Creates the folders on the way to a file.
    ///
    /// - Returns: The file's folder.
    /// - Throws: `TensorError.writeFailed` if that cannot be.
    @discardableResult
    public static func createFolder(of path: String) throws -> String {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return folder
        } catch {
            throw TensorError(
                .writeFailed,
                "\(path): cannot be written: its folder cannot be created: \(SystemReason.of(error)); choose "
                    + "another path"
            )
        }
    }

    private static func replace(
        _ path: String, _ permissions: mode_t, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let temporary = "\(path).\(UInt64.random(in: 0...(.max))).partial"
        let descriptor = FileReserve.open { open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions) }
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        do {
            try body { try writeAll($0, descriptor, path) }
            guard fsync(descriptor) == 0 else { throw failure(path, errno) }
            guard rename(temporary, path) == 0 else { throw failure(path, errno) }
        } catch {
            unlink(temporary)
            throw error
        }
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

    /// Makes a renaming in a folder durable, if the folder can be opened and its file system supports that.
    ///
    /// - Parameter path: what was renamed, for the message.
    /// - Throws: `TensorError.writeFailed` if the system cannot flush the folder.
    public static func synchronize(folder: String, of path: String) throws {
        let descriptor = FileReserve.open { open(folder, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP else { return }
        let reason = String(cString: strerror(errno))
        throw TensorError(.writeFailed, "\(path): was written, but a crash may undo it: flushing \(folder): \(reason)")
    }

    private static func failure(_ path: String, _ code: Int32) -> TensorError {
        let reason = String(cString: strerror(code))
        return TensorError(.writeFailed, "\(path): cannot be written: \(reason); the old file is unchanged")
    }
}
