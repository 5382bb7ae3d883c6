import Crypto
public import Foundation

/// A worker that asks to be let in.
public struct HelloRequest: Sendable {
    /// Its key. It proved to hold the private half, unless the coordinator runs without encryption.
    public let identity: PublicIdentity
    /// The token that it brought.
    public let token: JoinToken?
    /// The bytes that it brought. The hello may be a recorded one that someone repeats: nothing should be done with
    /// them but deciding, until the session's first request.
    public let payload: Data

    /// Puts a request together.
    public init(identity: PublicIdentity, token: JoinToken?, payload: Data) {
        self.identity = identity
        self.token = token
        self.payload = payload
    }
}

/// How a coordinator protects its connections.
public enum ChannelSecurity: Sendable {
    /// Everything is encrypted and authenticated, with this key as the coordinator's.
    case encrypted(IdentityKey)
    /// Nothing is; whoever is on the way reads and changes what they like.
    case insecure
}

/// The coordinator's side of a handshake: one hello in, one answer out, nothing kept.
struct ServerHandshake: Sendable {
    enum Answer {
        case welcome(Data, ServerSession)
        case refused(Data, PublicIdentity, Refusal)
        case unreadable
    }

    let security: ChannelSecurity
    let authorize: SessionTable.Authorize

    /// Answers a hello of the kind that `security` wants.
    func answer(_ hello: Data) -> Answer {
        switch security {
        case .encrypted(let key): answerSealed(hello, key)
        case .insecure: answerPlain(hello)
        }
    }

    private func answerSealed(_ hello: Data, _ key: IdentityKey) -> Answer {
        guard let (worker, body) = HandshakeCipher.openHello(hello, with: key),
            let fresh = try? PublicIdentity(bytes: body.fresh)
        else { return .unreadable }
        return answer(body, from: worker, kind: .welcome) { welcome, header in
            try HandshakeCipher.sealWelcome(
                welcome, header: header, hello: hello, from: key, to: worker, fresh: fresh)
        }
    }

    private func answerPlain(_ hello: Data) -> Answer {
        var reader = ByteReader(hello.dropFirst(RecordHeader.byteCount))
        guard let bytes = reader.take(PublicIdentity.byteCount), let worker = try? PublicIdentity(bytes: bytes),
            let body = HelloBody(bytes: reader.rest)
        else { return .unreadable }
        return answer(body, from: worker, kind: .plainWelcome) { welcome, header in
            (header.bytes + Data(SHA256.hash(data: hello)) + welcome.bytes, SessionKeys.plain)
        }
    }

    private func answer(
        _ body: HelloBody, from worker: PublicIdentity, kind: RecordKind,
        seal: (WelcomeBody, RecordHeader) throws -> (record: Data, keys: SessionKeys)
    ) -> Answer {
        do {
            let decision = decide(HelloRequest(identity: worker, token: body.token, payload: body.payload))
            switch decision {
            case .accepted:
                let id = SessionID.random()
                let (record, keys) = try seal(decision, RecordHeader(kind, session: id))
                return .welcome(record, ServerSession(id: id, peer: worker, keys: keys))
            case .refused(let refusal):
                return .refused(try seal(decision, RecordHeader(kind)).record, worker, refusal)
            }
        } catch {
            return .unreadable
        }
    }

    private func decide(_ request: HelloRequest) -> WelcomeBody {
        do throws(Refusal) {
            let payload = try authorize(request)
            guard payload.count <= HandshakeLimits.payload else {
                throw Refusal(.other, "the coordinator's welcome is too large (\(payload.count) bytes)")
            }
            return .accepted(payload: payload)
        } catch {
            return .refused(error)
        }
    }
}
