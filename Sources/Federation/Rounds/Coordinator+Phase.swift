extension Coordinator {
    /// What to do with a request.
    enum Outcome {
        /// Send this.
        case reply(WireReply)
        /// Nothing yet: the reply comes out of `takeAnswers`.
        case parked
        /// Look at the update, then call `settle`.
        case check(TaskKey, WireSubmission)
    }

    /// Where the run is.
    enum Phase: Equatable {
        /// Waiting for the first workers.
        case gathering
        /// A round's tasks are being done.
        case open(since: Duration)
        /// The round's results are in; `commit` is due or under way.
        case committing
        /// All rounds are done.
        case finished
        /// The run cannot go on.
        case failed(String)
    }
}
