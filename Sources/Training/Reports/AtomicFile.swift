public import Foundation

/// Writes files so that a reader, or a run that is started again after a crash, finds the old file or the new one and
/// never a part.
public enum AtomicFile {
    /// Writes to a temporary name in the same folder, brings it to the disk, and renames it.
    ///
    /// Folders on the way are created.
    ///
    /// - Throws: `TrainingError` where a step of it fails; the file is then as it was.
    public static func write(_ data: Data, to path: String) throws {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let temporary = "\(folder)/.\(url.lastPathComponent).\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try writeThrough(data, to: temporary)
            try check(rename(temporary, path))
            try flush(folder: folder)
        } catch {
            unlink(temporary)
            throw TrainingError(.writeFailed, "\(path): cannot be written", cause: error)
        }
    }

    /// Writes text as UTF-8.
    public static func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

    private static func writeThrough(_ data: Data, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        try check(descriptor)
        defer { close(descriptor) }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: data)
        try check(fsync(descriptor))
    }

    /// Brings a rename to the disk: the folder's own entry.
    private static func flush(folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        try check(descriptor)
        defer { close(descriptor) }
        try check(fsync(descriptor))
    }

    private static func check(_ result: Int32) throws {
        guard result >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
