/// Why a pattern was refused.
struct PatternError: Error {
    /// The construct and where it stands.
    let message: String
}
