import Foundation

/// Why a file could not be read or written, in the system's words: `Permission denied`.
public enum SystemReason {
    /// The words for an error of Foundation's; any other error as it describes itself.
    public static func of(_ error: any Error) -> String {
        if let code = code(beneath: error) { return String(cString: strerror(code)) }
        return error is CocoaError ? error.localizedDescription : "\(error)"
    }

    /// The same, preceded by the path of the file if the Foundation error has one.
    public static func withPath(_ error: any Error) -> String {
        let path = code(beneath: error).flatMap { _ in (error as NSError).userInfo[NSFilePathErrorKey] as? String }
        return (path.map { "\($0): " } ?? "") + of(error)
    }

    private static func code(beneath error: any Error) -> Int32? {
        let error = error as NSError
        let cause = (error.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError } ?? error
        return cause.domain == NSPOSIXErrorDomain ? Int32(truncatingIfNeeded: cause.code) : nil
    }
}
