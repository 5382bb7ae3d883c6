import Crypto
import Foundation

/// How the records of one direction of one session are protected.
enum RecordProtection: Sendable {
    /// AES-256-GCM with the direction's own key.
    case sealed(SymmetricKey)
    /// Not at all.
    case plain

    static let tagByteCount = 16

    /// The whole record. A header's sequence must not be sealed twice: it is the nonce.
    func seal(_ plaintext: Data, under header: RecordHeader) throws -> Data {
        let head = header.bytes
        guard case .sealed(let key) = self else { return head + plaintext }
        let box = try AES.GCM.seal(plaintext, using: key, nonce: try Self.nonce(header), authenticating: head)
        var record = Data(capacity: head.count + plaintext.count + Self.tagByteCount)
        record.append(head)
        record.append(box.ciphertext)
        record.append(box.tag)
        return record
    }

    /// The plaintext of a record whose header was read as `header`.
    ///
    /// - Throws: `TransportError.untrusted` where a bit of the record is not as it was sealed.
    func open(_ record: Data, header: RecordHeader) throws -> Data {
        let body = record.dropFirst(RecordHeader.byteCount)
        guard case .sealed(let key) = self else { return Data(body) }
        guard body.count >= Self.tagByteCount else {
            throw TransportError(.malformed, "a record is cut short: \(record.count) bytes")
        }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: try Self.nonce(header), ciphertext: body.dropLast(Self.tagByteCount),
                tag: body.suffix(Self.tagByteCount))
            return try AES.GCM.open(box, using: key, authenticating: record.prefix(RecordHeader.byteCount))
        } catch {
            throw TransportError(.untrusted, "a record is not of this session's key, or was changed on the way")
        }
    }

    /// 96 bits: four zero bytes and the sequence.
    private static func nonce(_ header: RecordHeader) throws -> AES.GCM.Nonce {
        var bytes = Data(count: 4)
        bytes.append(integer: header.sequence)
        return try AES.GCM.Nonce(data: bytes)
    }
}

/// The protection of both directions of a session.
struct SessionKeys: Sendable {
    let requests: RecordProtection
    let replies: RecordProtection

    static let plain = SessionKeys(requests: .plain, replies: .plain)
}
