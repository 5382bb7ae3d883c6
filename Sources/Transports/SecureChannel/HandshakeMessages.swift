import Foundation

/// The largest handshake records, checked before anything is done with them.
enum HandshakeLimits {
    static let record = 64 * 1024
    /// What remains for the application's bytes beside keys, token and tags.
    static let payload = 60 * 1024
    static let reason = 500

    static func check(payload: Data) throws {
        guard payload.count <= Self.payload else {
            throw TransportError(
                .tooLarge, "a handshake carries \(Self.payload) bytes at most; these are \(payload.count)")
        }
    }
}

/// What a worker says first, inside the encryption: 32 bytes made for this handshake, a length byte and as many bytes of
/// token, then the application's bytes.
struct HelloBody {
    /// The handshake's own public key; random bytes without encryption.
    let fresh: Data
    let token: JoinToken?
    let payload: Data

    init(fresh: Data, token: JoinToken?, payload: Data) {
        self.fresh = fresh
        self.token = token
        self.payload = payload
    }

    init?(bytes: Data) {
        var reader = ByteReader(bytes)
        guard let fresh = reader.take(PublicIdentity.byteCount), let tokenByteCount = reader.byte(),
            let secret = reader.take(Int(tokenByteCount))
        else { return nil }
        let token = JoinToken(secret: secret)
        guard token != nil || secret.isEmpty else { return nil }
        self.init(fresh: fresh, token: token, payload: Data(reader.rest))
    }

    var bytes: Data {
        let secret = token?.secret ?? Data()
        return fresh + [UInt8(secret.count)] + secret + payload
    }
}

/// What the coordinator says to it: a byte 0 and the application's bytes, or a byte 1, the code and the reason in UTF-8.
enum WelcomeBody {
    case accepted(payload: Data)
    case refused(Refusal)

    init?(bytes: Data) {
        var reader = ByteReader(bytes)
        switch reader.byte() {
        case 0: self = .accepted(payload: Data(reader.rest))
        case 1:
            guard let number = reader.byte() else { return nil }
            let reason = String(decoding: reader.rest, as: UTF8.self).printable(limit: HandshakeLimits.reason)
            self = .refused(Refusal(Refusal.Code(rawValue: number) ?? .other, reason))
        default: return nil
        }
    }

    var bytes: Data {
        switch self {
        case .accepted(let payload): Data([0]) + payload
        case .refused(let refusal):
            Data([1, refusal.code.rawValue])
                + Data(refusal.message.printable(limit: HandshakeLimits.reason).utf8)
        }
    }
}
