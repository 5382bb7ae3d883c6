import Foundation
import Tensors

/// An open file, closed when nobody refers to it any more; reading and writing take a position, so that threads may
/// share it.
final class OpenFile: Sendable {
    let path: String
    let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    static func reading(_ path: String) throws -> OpenFile {
        let descriptor = FileReserve.open { open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw FederationError(.notFound, "\(path): cannot be opened: \(reason(errno))")
        }
        return OpenFile(path: path, descriptor: descriptor)
    }

    /// Opens a file for reading and writing; it is created where it does not exist.
    static func writing(_ path: String) throws -> OpenFile {
        let descriptor = FileReserve.open { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { throw failure(path) }
        return OpenFile(path: path, descriptor: descriptor)
    }

    func status() throws -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
        return FileStatus(status)
    }

    /// Whether the path still leads to this very file.
    var isInPlace: Bool {
        guard let there = FileStatus(path: path), let here = try? status() else { return false }
        return there.inode == here.inode && there.device == here.device
    }

    /// Fills the buffer with the bytes at a position.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(position + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let found = count == 0 ? "it has become shorter" : Self.reason(errno)
                throw FederationError(.corruptState, "\(path): cannot be read at byte \(position + done): \(found)")
            }
            done += count
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at position: Int) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(position + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            done += count
        }
    }

    func truncate(to size: Int) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure(path) }
    }

    /// Waits until the contents are on the disk.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    static func failure(_ path: String) -> FederationError {
        FederationError(.writeFailed, "\(path): cannot be written: \(reason(errno))")
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
