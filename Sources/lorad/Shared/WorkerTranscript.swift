import Crypto
import Federation
import Foundation
import Privacy
import Transports

/// A worker's transcript of a run, in its folder.
struct WorkerTranscript {
    let file: URL
    private let folder: URL

    /// - Parameter folder: the worker's.
    init(of run: String, in folder: URL) {
        self.folder = folder
        file = folder.appending(path: "transcripts/\(run).transcript")
    }

    /// Reads and checks it against the worker's own key.
    ///
    /// - Throws: `CommandError` if the key is not there; `FederationError` if there is no transcript, or it was changed;
    ///   `TransportError` if the key cannot be used.
    func read() throws -> Transcript {
        let key = folder.appending(path: "worker.key").path
        guard FileManager.default.fileExists(atPath: key) || !FileManager.default.fileExists(atPath: file.path)
        else {
            throw CommandError(
                "\(key) is missing, so lorad cannot tell whether \(file.path) is this worker's: restore the key")
        }
        let signer =
            FileManager.default.fileExists(atPath: key)
            ? try WorkerIdentity(IdentityKey(loading: key).signingKey.publicKey) : nil
        return try Transcript(path: file.path, signer: signer)
    }
}

extension IdentityKey {
    /// What a worker signs its messages to others with, and its transcripts.
    ///
    /// - Throws: `CryptoKitError`, which 32 bytes give no reason for.
    var signingKey: Curve25519.Signing.PrivateKey {
        get throws {
            let seed = derivedKey(for: "secure aggregation signing key").withUnsafeBytes { Data($0) }
            return try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        }
    }
}
