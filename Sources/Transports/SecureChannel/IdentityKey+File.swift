import Crypto
import Foundation

extension IdentityKey {
    private static let mark = "lorad-identity-x25519"

    /// Loads the key from a file, or makes one there if the file does not exist.
    ///
    /// A new file gets mode 600 and appears under its name complete; folders on the way that are missing get mode 700.
    /// A key that exists is never overwritten, also not where two processes start at once: both then use the first.
    ///
    /// - Throws: `TransportError.invalidKey` where the file can be read by others, belongs to another user, lies in a
    ///   folder that others may write, or holds no key; `TransportError.ioFailed` where the system refuses.
    public init(loadingOrCreating path: String) throws {
        if let existing = try KeyFile(path).read() {
            self = try Self(text: existing, path: path)
            return
        }
        let key = IdentityKey()
        if try KeyFile(path).create(key.text) {
            self = key
        } else {
            try self.init(loading: path)
        }
    }

    /// Loads the key from a file.
    ///
    /// - Throws: as `init(loadingOrCreating:)`, and `TransportError.ioFailed` where there is no file.
    public init(loading path: String) throws {
        guard let existing = try KeyFile(path).read() else {
            throw TransportError(.ioFailed, "\(path): there is no identity key")
        }
        try self.init(text: existing, path: path)
    }

    private init(text: String, path: String) throws {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == Self.mark, let bytes = Base64URL.decode(words[1]), bytes.count == 32 else {
            throw TransportError(
                .invalidKey,
                "\(path): is no identity key, or is damaged; restore it from a copy, or move it away to get a new identity"
            )
        }
        try self.init(privateBytes: bytes)
    }

    private var text: String { "\(Self.mark) \(Base64URL.encode(agreement.rawRepresentation))\n" }
}
