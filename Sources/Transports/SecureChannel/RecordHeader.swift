import Foundation

/// What a record is. Plain kinds have numbers of their own, so that no bit flip turns one into the other.
enum RecordKind: UInt8, Sendable {
    case hello = 1
    case welcome = 2
    case request = 3
    case reply = 4
    case notice = 5
    case plainHello = 0x81
    case plainWelcome = 0x82
    case plainRequest = 0x83
    case plainReply = 0x84
}

/// Names a session: 16 random bytes.
public struct SessionID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    static let none = SessionID(high: 0, low: 0)

    static func random() -> SessionID {
        var generator = SystemRandomNumberGenerator()
        return SessionID(high: generator.next(), low: generator.next())
    }
}

/// The first 40 bytes of every record, numbers with the highest byte first:
///
/// | bytes | what |
/// |---|---|
/// | 4 | `LRAD` |
/// | 1 | protocol version |
/// | 1 | kind |
/// | 2 | zero |
/// | 16 | session; zero in a hello |
/// | 8 | sequence: the sender's count of its sealed records; zero in handshakes and notices |
/// | 8 | in a reply or notice, the sequence of the request that it answers; else zero |
///
/// The header of an encrypted record is authenticated with it.
struct RecordHeader: Equatable, Sendable {
    static let byteCount = 40
    static let currentVersion: UInt8 = 1
    private static let mark = Data("LRAD".utf8)

    var version = Self.currentVersion
    var kind: RecordKind
    var session = SessionID.none
    var sequence: UInt64 = 0
    var answers: UInt64 = 0

    init(_ kind: RecordKind, session: SessionID = .none, sequence: UInt64 = 0, answers: UInt64 = 0) {
        self.kind = kind
        self.session = session
        self.sequence = sequence
        self.answers = answers
    }

    /// Reads the header of a record; nil where it is none.
    ///
    /// Only a notice may have another version: it is how ends of different versions tell each other.
    init?(of record: Data) {
        var reader = ByteReader(record)
        guard reader.take(4) == Self.mark, let version = reader.byte(), let number = reader.byte(),
            let kind = RecordKind(rawValue: number), reader.take(2) == Data([0, 0]),
            let high = reader.integer(), let low = reader.integer(),
            let sequence = reader.integer(), let answers = reader.integer()
        else { return nil }
        self.init(kind, session: SessionID(high: high, low: low), sequence: sequence, answers: answers)
        self.version = version
    }

    /// The version of a record of ours, whatever follows; nil where the record is not ours.
    static func version(of record: Data) -> UInt8? {
        var reader = ByteReader(record)
        return reader.take(4) == mark ? reader.byte() : nil
    }

    var bytes: Data {
        var bytes = Data(capacity: Self.byteCount)
        bytes.append(Self.mark)
        bytes.append(contentsOf: [version, kind.rawValue, 0, 0])
        for number in [session.high, session.low, sequence, answers] { bytes.append(integer: number) }
        return bytes
    }
}
