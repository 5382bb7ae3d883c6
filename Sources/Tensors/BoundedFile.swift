public import Foundation

/// Reads files that somebody else may have put there: nothing is read of a folder, a device or a pipe, which might never end,
/// and no more memory is taken than a limit allows.
public enum BoundedFile {
    /// The contents of a regular file, or of the one that a symbolic link names.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that it may have.
    ///   - prefixOnly: whether a longer file is cut to `limit` bytes rather than refused.
    /// - Throws: `TensorError.fileNotFound` if there is none, or it may not be read; `.unsupported` if it is no regular file or
    ///   longer than `limit`. Messages begin with the path.
    public static func read(_ path: String, atMost limit: Int, prefixOnly: Bool = false) throws -> Data {
        try open(path) { descriptor, size in
            guard size <= limit || prefixOnly else {
                throw TensorError(.unsupported, "\(path) has \(size) bytes, more than the limit of \(limit)")
            }
            var data = Data()
            while data.count < limit {
                let piece = try next(descriptor, min(1 << 20, limit - data.count), path)
                guard !piece.isEmpty else { break }
                data += piece
            }
            return data
        }
    }

    /// The same for a file that need not be there: `nil` only where nothing has its name. A file that may not be read, a folder
    /// and a symbolic link to nothing are errors, so that what they should say is not taken for never said.
    ///
    /// - Throws: as `read`.
    public static func readIfPresent(_ path: String, atMost limit: Int = .max, prefixOnly: Bool = false) throws -> Data?
    {
        var status = stat()
        if lstat(path, &status) != 0, errno == ENOENT { return nil }
        return try read(path, atMost: limit, prefixOnly: prefixOnly)
    }

    /// Hands over a regular file's descriptor and size, and closes it.
    ///
    /// - Throws: as `read`, and what the body throws.
    public static func open<Result>(_ path: String, _ body: (_ descriptor: Int32, _ size: Int) throws -> Result) throws
        -> Result
    {
        // Without O_NONBLOCK opening a pipe would wait for somebody who writes.
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TensorError(.fileNotFound, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw TensorError(.unsupported, "\(path) is a folder, a pipe or a device: expected a file")
        }
        return try body(descriptor, Int(status.st_size))
    }

    /// The next bytes of a file, none at its end.
    ///
    /// - Throws: `TensorError.fileNotFound` if they cannot be read.
    public static func next(_ descriptor: Int32, _ count: Int, _ path: String) throws -> Data {
        var piece = Data(count: count)
        while true {
            let found = piece.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, count) }
            if found >= 0 { return piece.prefix(found) }
            guard errno == EINTR else {
                throw TensorError(.fileNotFound, "\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
        }
    }
}
