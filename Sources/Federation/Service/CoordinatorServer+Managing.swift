import Synchronization

extension CoordinatorServer {
    /// Lets no further round begin, or lets rounds begin again. An open round goes on to its commit.
    public func setPaused(_ isPaused: Bool) {
        core.withLock { $0.setPaused(isPaused) }
        wake.signal()
    }

    /// Gives the workers of the open round more time. How many results the round needs stays as it is.
    ///
    /// - Returns: how long the round may take from now on.
    /// - Throws: `FederationError.unsupported` if no round is open, or it has no deadline.
    public func extendDeadline(by time: Duration) throws -> Duration {
        defer { wake.signal() }
        return try core.withLock { try $0.extendDeadline(by: time, at: now()) }
    }
}
