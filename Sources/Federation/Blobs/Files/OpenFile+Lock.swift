import Foundation

/// Advisory locks between processes, and between two openings in one process; the system releases them when the file is
/// closed, also by a process that is killed.
extension OpenFile {
    /// Takes the lock that excludes every other.
    ///
    /// - Returns: Whether nobody else held one.
    func tryExclusiveLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Takes a lock that others may share.
    ///
    /// - Returns: Whether nobody held the exclusive one.
    func trySharedLock() -> Bool { flock(descriptor, LOCK_SH | LOCK_NB) == 0 }

    /// Waits for a lock that others may share.
    ///
    /// - Returns: Whether the file system knows locks.
    func sharedLock() -> Bool { wait(LOCK_SH) }

    /// Waits for the lock that excludes every other.
    ///
    /// - Returns: Whether the file system knows locks.
    func exclusiveLock() -> Bool { wait(LOCK_EX) }

    func unlock() { _ = flock(descriptor, LOCK_UN) }

    private func wait(_ operation: Int32) -> Bool {
        while flock(descriptor, operation) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }
}
