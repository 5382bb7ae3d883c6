import Foundation

/// What the file system says about a file: equal values mean that nobody has touched it in between.
struct FileStatus: Equatable, Sendable {
    var size: Int
    var device: UInt64
    var inode: UInt64
    /// Nanoseconds since 1970 of the last change of the contents. A time that these cannot tell, before 1677 or after 2262,
    /// counts as one that is still to come, and what is remembered of such a file is not relied on.
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
        modified = Self.nanoseconds(Int64(time.tv_sec), Int64(time.tv_nsec)) ?? .max
    }

    private static func nanoseconds(_ seconds: Int64, _ rest: Int64) -> Int64? {
        let (whole, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isTooMuch) = whole.addingReportingOverflow(rest)
        return isTooLarge || isTooMuch ? nil : sum
    }

    /// The status of what lies at a path, or nil where nothing does.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
