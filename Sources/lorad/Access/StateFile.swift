import Foundation
import Tensors

/// Files of a state folder that only the folder's owner may read.
enum StateFile {
    /// Writes a file of mode 600, complete or not at all. One that root writes belongs to the folder's owner, so a
    /// coordinator of another user can read it.
    ///
    /// - Throws: `TensorError.writeFailed`.
    static func write(_ data: Data, to path: String) throws {
        try createFolder(of: path)
        try AtomicFile.write(data, to: path, permissions: 0o600)
        adoptOwner(path)
    }

    /// Creates the folder of a file, for its owner alone.
    ///
    /// - Throws: `TensorError.writeFailed`.
    static func createFolder(of path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        try AtomicFile.createFolder(of: path)
        chmod(folder, 0o700)
        adoptOwner(folder)
    }

    /// Changes the owner of a file that root created to the owner of its folder.
    static func adoptOwner(_ path: String) {
        var status = stat()
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard geteuid() == 0, stat(folder, &status) == 0, status.st_uid != 0 else { return }
        _ = lchown(path, status.st_uid, status.st_gid)
    }
}
