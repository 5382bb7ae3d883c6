extension Coordinator {
    /// Lets no further round begin, or lets rounds begin again.
    ///
    /// An open round still runs to its commit, with the same tasks, leases and deadline. After it workers wait as they do
    /// between any two rounds; nothing of theirs runs out.
    mutating func setPaused(_ isPaused: Bool) {
        guard self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        events.append(isPaused ? .paused : .resumed)
    }

    /// Gives the workers of the open round more time. How many results the round needs stays as it is.
    ///
    /// - Returns: how long the round may take from now on.
    /// - Throws: `FederationError.unsupported` if no round is open, or it has no deadline.
    mutating func extendDeadline(by extension: Duration, at now: Duration) throws -> Duration {
        guard case .open(let since) = phase else {
            throw FederationError(
                .unsupported,
                phase == .committing
                    ? "the results of round \(job.round + 1) are in already: there is no deadline to extend"
                    : "no round is open: there is no deadline to extend")
        }
        guard let deadline = plan.deadline else {
            throw FederationError(
                .unsupported, "round \(job.round + 1) has no deadline: the run file sets no federation.round_deadline")
        }
        plan.deadline = deadline + `extension`
        events.append(.deadlineExtended(round: job.round, by: `extension`))
        return max(.zero, deadline + `extension` - (now - since))
    }
}
