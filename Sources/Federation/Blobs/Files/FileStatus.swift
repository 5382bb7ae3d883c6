import Foundation

/// What the file system says about a file: equal values mean that nobody has touched it in between.
struct FileStatus: Equatable, Sendable {
    var size: Int
    var device: UInt64
    var inode: UInt64
    /// Nanoseconds since 1970 of the last change of the contents.
    var modified: Int64

    init(_ status: stat) {
        size = Int(status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        modified = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The status of what lies at a path, or nil where nothing does.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
