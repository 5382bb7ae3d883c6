import Foundation

/// A short answer that nobody signed, where there is no session whose key could sign it.
///
/// Anyone on the way may have made it up, so it must decide nothing but how soon to try again. It carries a number and
/// no text: a stranger gets nothing printed.
public struct Notice: Error, Equatable, Sendable, CustomStringConvertible {
    /// What it says; the numbers go over the wire.
    public enum Code: UInt8, Sendable, CaseIterable {
        /// The coordinator does not know the session: it started again, or ended the session.
        case unknownSession = 1
        /// The hello is not for the coordinator's key, or was changed on the way.
        case unreadableHello = 2
        /// The record is not of the session's key, or was changed on the way.
        case unreadableRecord = 3
        /// The record or hello came before.
        case replayed = 4
        /// The other end speaks another version of the protocol.
        case otherVersion = 5
        /// The coordinator takes encrypted records only.
        case encryptionRequired = 6
        /// The coordinator runs without encryption.
        case encryptionUnavailable = 7
        /// Too many handshakes at once.
        case busy = 8
        /// The record is none of this protocol.
        case malformed = 9
        /// The record is over the limit for its kind.
        case tooLarge = 10
    }

    /// What it says.
    public let code: Code
    /// The version of the protocol that its sender speaks.
    public let version: UInt8

    init(_ code: Code) {
        self.code = code
        version = RecordHeader.currentVersion
    }

    /// Reads a record; nil where it is no notice.
    init?(of record: Data) {
        guard let header = RecordHeader(of: record), header.kind == .notice,
            record.count == RecordHeader.byteCount + 1, let code = record.last.flatMap(Code.init(rawValue:))
        else { return nil }
        self.code = code
        version = header.version
    }

    /// The record that carries it, as an answer to a record with `header`.
    func record(answering header: RecordHeader?) -> Data {
        RecordHeader(.notice, session: header?.session ?? .none, answers: header?.sequence ?? 0).bytes + [code.rawValue]
    }

    /// What it says, and that nobody signed it.
    public var description: String { "\(meaning) (not authenticated: whoever is on the way may have said so)" }

    private var meaning: String {
        switch code {
        case .unknownSession: "the coordinator does not know this session, as after a restart"
        case .unreadableHello: "the coordinator cannot read the hello: it holds another key than the join line pins"
        case .unreadableRecord: "the coordinator cannot read the record: it was changed on the way"
        case .replayed: "the coordinator had this record before"
        case .otherVersion:
            "the coordinator speaks version \(version) of the protocol, and this worker version "
                + "\(RecordHeader.currentVersion): run the same release at both ends"
        case .encryptionRequired:
            "the coordinator takes encrypted connections only: use the join line that it printed, with key=…"
        case .encryptionUnavailable:
            "the coordinator runs without encryption: start it without --insecure, or join with insecure=1"
        case .busy: "the coordinator has too many handshakes to do"
        case .malformed: "the coordinator does not understand the record"
        case .tooLarge: "the record is larger than the coordinator takes"
        }
    }

    /// The error that the end that received it throws; its cause is the notice.
    func error() -> TransportError {
        switch code {
        case .unknownSession, .busy: TransportError(.closed, "shake hands again", cause: self)
        case .unreadableHello, .unreadableRecord: TransportError(.untrusted, "no trust between the ends", cause: self)
        case .replayed: TransportError(.replayed, "the request must be sealed again", cause: self)
        case .otherVersion, .malformed: TransportError(.malformed, "the ends do not understand each other", cause: self)
        case .tooLarge: TransportError(.tooLarge, "the request was not taken", cause: self)
        case .encryptionRequired, .encryptionUnavailable:
            TransportError(.refused, "the ends do not agree on encryption, and neither gives way", cause: self)
        }
    }
}
