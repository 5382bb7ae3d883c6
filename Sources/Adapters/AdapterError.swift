import Tensors

/// What went wrong while reading, matching or writing an adapter.
///
/// Messages name the file or setting, the module or key, what was expected and what was found, and what to do.
public struct AdapterError: Error, CustomStringConvertible, Sendable {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        /// A file that should be there is not.
        case fileNotFound
        /// The content of a file does not match its name.
        case corruptFile
        /// A setting has the wrong type or an impossible value.
        case invalidConfiguration
        /// The setting is known, but lorad does not do it (yet).
        case unsupported
        /// The configuration would train nothing, or a pattern it relies on matches nothing.
        case nothingMatched
        /// A tensor in an adapter file has another shape than the model asks for.
        case shapeMismatch
        /// The adapter belongs to another base model.
        case wrongBase
        /// A folder cannot be written, or is in the way.
        case writeFailed
    }

    /// The kind of failure.
    public let code: Code
    /// What went wrong, where, and what to do.
    public let message: String
    /// The setting at fault, so a caller can point at its line.
    public let setting: String?
    /// The error underneath, if any.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, setting: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.setting = setting
        self.cause = cause
    }

    /// The message, followed by its cause.
    public var description: String { cause.map { "\(message) (\(SystemReason.of($0)))" } ?? message }
}
