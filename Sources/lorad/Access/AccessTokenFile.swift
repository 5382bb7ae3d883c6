import Foundation
import Synchronization

/// The file that keeps a state folder's access tokens, as digests: `access/tokens.json`, mode 600.
///
/// A coordinator reads it again whenever it has changed, so a new or revoked token counts at once.
final class AccessTokenFile: Sendable {
    private struct Cache {
        var status: Status?
        var tokens = AccessTokens()
    }

    /// What the file system says of the file; it is replaced as a whole, so a change always shows.
    private struct Status: Equatable {
        let inode: UInt64
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    let path: String
    private let cache = Mutex(Cache())

    init(_ state: StateFolder) { path = state.folder.appending(path: "access/tokens.json").path }

    /// The tokens as they are now; none if the file does not exist.
    ///
    /// - Throws: `CommandError` if the file is damaged, or others may write it.
    func tokens() throws -> AccessTokens {
        try cache.withLock { cache in
            let status = try status()
            guard status != cache.status else { return cache.tokens }
            cache.tokens = try status == nil ? AccessTokens() : read()
            cache.status = status
            return cache.tokens
        }
    }

    /// Changes the tokens; the change is on disk when this returns.
    ///
    /// - Throws: `CommandError` if another process is changing them, `TensorError` if the file cannot be written, and
    ///   what the change throws.
    func change(_ body: (inout AccessTokens) throws -> Void) throws {
        try StateFile.createFolder(of: path)
        guard let lock = try FileLock(path: path + ".lock") else {
            throw CommandError("\(path): another command is changing the tokens: try again")
        }
        try withExtendedLifetime(lock) {
            var tokens = try tokens()
            try body(&tokens)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            encoder.dateEncodingStrategy = .secondsSince1970
            try StateFile.write(encoder.encode(tokens), to: path)
        }
    }

    private func read() throws -> AccessTokens {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        guard let data = FileManager.default.contents(atPath: path),
            let tokens = try? decoder.decode(AccessTokens.self, from: data)
        else {
            throw CommandError(
                "\(path) cannot be read: restore it from a backup, or move it away and create new tokens; until "
                    + "then no token is accepted"
            )
        }
        return tokens
    }

    private func status() throws -> Status? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard status.st_mode & 0o022 == 0 else {
            throw CommandError(
                "\(path): other users can write to this file, so no token is accepted; run: chmod 600 '\(path)'")
        }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Status(
            inode: UInt64(status.st_ino), size: Int(status.st_size), seconds: Int(time.tv_sec),
            nanoseconds: Int(time.tv_nsec))
    }
}
