public import Foundation

extension Enrolment {
    /// Reads a list of the only keys that are admitted: one public key in base64url a line, then perhaps a remark;
    /// empty lines and what follows `#` do not count.
    ///
    /// - Parameters:
    ///   - list: the text.
    ///   - file: what to call it in errors.
    /// - Throws: `TransportError.invalidKey` that names the line.
    public init(list: String, file: String, now: Date) throws {
        self.init(policy: .listed)
        for (index, line) in list.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.prefix { $0 != "#" }
            guard let key = content.split(whereSeparator: \.isWhitespace).first else { continue }
            do {
                enrol(try PublicIdentity(text: key), now: now)
            } catch {
                throw TransportError(
                    .invalidKey, "\(file), line \(index + 1): one public key of 43 characters is expected", cause: error
                )
            }
        }
    }
}
