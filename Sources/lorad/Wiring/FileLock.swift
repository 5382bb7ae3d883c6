import Foundation

/// An advisory lock between processes, and between two openings in one process, held until nobody refers to it any more;
/// the system releases it also when the process is killed.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock on a file, which is created if needed; `nil` if another process holds it. On file systems without
    /// locks, it always succeeds.
    ///
    /// - Throws: `CommandError` if the file cannot be opened.
    init?(path: String) throws {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandError("\(path): cannot be opened: \(String(cString: strerror(errno))); choose another place")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
