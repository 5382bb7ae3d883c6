import Foundation

/// Advisory locks between processes, and between two openings in one process; the system releases them when the file is
/// closed, also by a process that is killed.
extension OpenFile {
    /// Takes the lock that excludes every other.
    ///
    /// - Returns: Whether nobody else held one.
    func tryExclusiveLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Waits for a lock that others may share.
    ///
    /// - Returns: Whether the file system knows locks.
    func sharedLock() -> Bool {
        while flock(descriptor, LOCK_SH) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }

    func unlock() { _ = flock(descriptor, LOCK_UN) }
}
