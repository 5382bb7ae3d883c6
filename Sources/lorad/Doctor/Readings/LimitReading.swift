import Foundation

/// What the system limits for each process, and how it is set up.
struct LimitReading: Equatable, Sendable {
    /// Files and connections that may be open at a time.
    var openFiles: Int
    /// Address space in bytes; `nil` without a limit.
    var addressSpace: Int?

    init(openFiles: Int, addressSpace: Int? = nil) {
        self.openFiles = openFiles
        self.addressSpace = addressSpace
    }

    /// Those of this process.
    static var current: LimitReading {
        #if os(Linux)
            let (files, space) = (__rlimit_resource_t(RLIMIT_NOFILE.rawValue), __rlimit_resource_t(RLIMIT_AS.rawValue))
        #else
            let (files, space) = (RLIMIT_NOFILE, RLIMIT_AS)
        #endif
        var limit = rlimit()
        getrlimit(files, &limit)
        let openFiles = Int(clamping: limit.rlim_cur)
        getrlimit(space, &limit)
        let isLimited = limit.rlim_cur < 1 << 60
        return LimitReading(openFiles: openFiles, addressSpace: isLimited ? Int(clamping: limit.rlim_cur) : nil)
    }
}
