import Foundation

/// A small file for one secret, which only its owner may read.
struct KeyFile {
    private static let sizeLimit = 1024

    private let path: String
    private let folder: String

    init(_ path: String) {
        self.path = path
        folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// The text, or nil where there is no file.
    ///
    /// The permissions are those of the file that was opened, not of whatever has its name a moment before or after.
    func read() throws -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("cannot be opened")
        }
        defer { close(descriptor) }
        try checkPermissions(of: descriptor)
        try checkFolder()
        var bytes = [UInt8](repeating: 0, count: Self.sizeLimit)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure("cannot be read") }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Writes a new file; false where there is one already, which then stays as it is.
    ///
    /// Linking a complete temporary file to the name is atomic and, other than renaming, replaces nothing.
    func create(_ text: String) throws -> Bool {
        try createFolder()
        try checkFolder()
        let temporary = "\(path).\(UInt64.random(in: 0...(.max))).partial"
        defer { unlink(temporary) }
        try write(text, to: temporary)
        if link(temporary, path) != 0 {
            if errno == EEXIST { return false }
            throw failure("cannot be created")
        }
        try flushFolder()
        return true
    }

    private func write(_ text: String, to temporary: String) throws {
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be created") }
        defer { close(descriptor) }
        let bytes = [UInt8](text.utf8)
        guard fchmod(descriptor, 0o600) == 0, Foundation.write(descriptor, bytes, bytes.count) == bytes.count,
            fsync(descriptor) == 0
        else { throw failure("cannot be written") }
    }

    private func flushFolder() throws {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure("cannot be flushed") }
    }

    private func createFolder() throws {
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
            let reason = code.map { String(cString: strerror(Int32($0))) } ?? error.localizedDescription
            throw TransportError(
                .ioFailed, "\(path): its folder cannot be created: \(reason); choose another with --state")
        }
    }

    private func checkPermissions(of descriptor: Int32) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot be examined") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.sizeLimit else {
            throw TransportError(.invalidKey, "\(path): is no identity key")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw TransportError(
                .invalidKey,
                "\(path): others may read this key (mode \(octal(status.st_mode))); run: chmod 600 '\(path)'. "
                    + "If they may have read it, move it away to get a new identity, and revoke this one")
        }
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw TransportError(.invalidKey, "\(path): this key belongs to another user (\(status.st_uid))")
        }
    }

    /// Whoever may write the folder could put another key in this one's place.
    private func checkFolder() throws {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw failure("its folder cannot be examined") }
        guard status.st_mode & 0o022 == 0 else {
            throw TransportError(
                .invalidKey,
                "\(path): others may write this key's folder (mode \(octal(status.st_mode))); "
                    + "run: chmod 700 '\(folder)', or choose another folder")
        }
    }

    private func octal(_ mode: mode_t) -> String { String(mode & 0o777, radix: 8) }

    private func failure(_ what: String) -> TransportError {
        TransportError(.ioFailed, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
