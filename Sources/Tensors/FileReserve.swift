import Foundation
import Synchronization

/// Descriptors that connections leave to files: the soft limit of the process is below the hard one, and is raised for
/// the moment in which a file of a run's own is opened.
public enum FileReserve {
    private static let most: rlim_t = 64
    private static let raising = Mutex(())

    #if canImport(Glibc)
        private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    #else
        private static var resource: Int32 { RLIMIT_NOFILE }
    #endif

    /// Raises the soft limit to the hard one, less the reserve: 1,024 files, with which systems begin, are too few for some
    /// hundred connections.
    public static func prepare() {
        guard var limit = Self.limit else { return }
        let isBounded = limit.rlim_max < rlim_t(Int32.max)
        limit.rlim_cur = isBounded ? limit.rlim_max - min(most, limit.rlim_max / 8) : limit.rlim_max
        set(limit)
    }

    /// Opens a file, with a descriptor from the reserve if no other is free.
    ///
    /// - Parameter body: gives a descriptor, or a negative number and `errno`, as the system's `open`.
    public static func open(_ body: () -> Int32) -> Int32 {
        let descriptor = body()
        guard descriptor < 0, errno == EMFILE else { return descriptor }
        return raising.withLock { _ in
            guard let before = Self.limit, before.rlim_cur < before.rlim_max else { return body() }
            defer { set(before) }
            // One more at a time: a connection that comes in the same moment takes that one, and not all.
            var raised = before
            while raised.rlim_cur < raised.rlim_max {
                raised.rlim_cur += 1
                set(raised)
                let descriptor = body()
                if descriptor >= 0 || errno != EMFILE { return descriptor }
            }
            errno = EMFILE
            return -1
        }
    }

    /// The process's present limit of files.
    static var limit: rlimit? {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? limit : nil
    }

    private static func set(_ limit: rlimit) {
        var limit = limit
        setrlimit(resource, &limit)
    }
}
