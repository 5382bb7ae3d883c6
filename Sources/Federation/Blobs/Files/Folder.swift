import Foundation
import Tensors

/// A folder of what this module keeps.
struct Folder: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    /// Creates the folder where it does not exist.
    ///
    /// - Throws: `FederationError.writeFailed` where that is impossible.
    init(creating path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FederationError(.writeFailed, "\(path): the folder cannot be created: \(SystemReason.of(error))")
        }
        self.path = path
    }

    /// The names of what lies in it.
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    /// Makes renamings in it outlive a crash of the machine, where its file system can do that.
    func synchronize() throws {
        let descriptor = FileReserve.open { open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP else { return }
        throw OpenFile.failure(path)
    }
}
