/// A command that cannot continue for a reason of its own.
struct CommandError: Error, CustomStringConvertible {
    /// What went wrong, where, and what to do.
    let description: String

    init(_ description: String) { self.description = description }
}
