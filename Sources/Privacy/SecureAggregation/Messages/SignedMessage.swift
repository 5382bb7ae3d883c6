import Crypto
import Foundation

/// A message under its sender's long-term signature.
///
/// The signature covers the round's context (run, round, configuration), the digest of all keys once there is one,
/// the kind and the sender: a message moved to another round, run, stage or list of keys no longer verifies.
struct SignedMessage: Sendable, Equatable {
    static let signatureBytes = 64

    let kind: MessageKind
    let sender: WorkerIdentity
    let body: Data
    let signature: Data

    /// Signs a message.
    init(_ kind: MessageKind, body: Data, key: Curve25519.Signing.PrivateKey, scope: MessageScope) throws {
        self.kind = kind
        self.body = body
        sender = WorkerIdentity(key.publicKey)
        signature = try key.signature(for: scope.signedBytes(kind, sender, body))
    }

    init(_ kind: MessageKind, sender: WorkerIdentity, body: Data, signature: Data) {
        self.kind = kind
        self.sender = sender
        self.body = body
        self.signature = signature
    }

    /// Reads a message; its signature is still to be checked.
    init(_ bytes: Data, as kind: MessageKind, round: UInt64) throws {
        var reader = try MessageHeader.open(bytes, as: kind, round: round)
        try self.init(kind, from: &reader)
        try reader.finish()
    }

    /// Reads what follows the header.
    init(_ kind: MessageKind, from reader: inout MessageReader) throws {
        self.kind = kind
        sender = WorkerIdentity(checked: try reader.take(WorkerIdentity.byteCount))
        body = try reader.take(try reader.count(itemBytes: 1))
        signature = try reader.take(Self.signatureBytes)
    }

    /// The message with its header.
    func bytes(round: UInt64) -> Data { MessageHeader.bytes(kind, round: round) + content }

    /// What follows the header.
    var content: Data {
        var bytes = sender.bytes
        bytes.append(littleEndian: UInt32(body.count))
        return bytes + body + signature
    }

    /// - Throws: ``PrivacyError/Code/untrusted`` unless the sender signed these very bytes in this scope.
    func verify(in scope: MessageScope) throws {
        guard sender.verifies(signature, of: scope.signedBytes(kind, sender, body)) else {
            throw PrivacyError(
                .untrusted,
                "\(kind.name) \(sender) does not bear its signature for this run, round and configuration: it was "
                    + "changed on the way, moved from elsewhere, or the worker has other settings, or it was given another "
                    + "state, order, run file or base model than this one, and their results must not be summed")
        }
    }
}

/// What a signature is bound to besides the message.
struct MessageScope: Sendable, Equatable {
    /// The digest of run, round and configuration.
    let context: Data
    /// The digest of all signed keys; empty before they are known.
    var roster = Data()

    func signedBytes(_ kind: MessageKind, _ sender: WorkerIdentity, _ body: Data) -> Data {
        var bytes = Data("lorad secure aggregation 1 message".utf8) + context
        bytes.append(UInt8(roster.count))
        bytes.append(roster)
        bytes.append(kind.rawValue)
        return bytes + sender.bytes + body
    }
}
