import Foundation

/// What a message is.
enum MessageKind: UInt8, Sendable {
    /// A worker's public keys of one round.
    case advertisement = 1
    /// All workers' public keys.
    case roster = 2
    /// One worker's shares, sealed for its neighbours.
    case shares = 3
    /// The shares sealed for one worker.
    case delivery = 4
    /// What belongs to a masked vector: the digests of its chunks.
    case maskedInput = 5
    /// Whose vectors are in the sum.
    case survivors = 6
    /// A worker's signature of the survivors.
    case consent = 7
    /// The survivors with enough signatures.
    case unmasking = 8
    /// The shares that take the masks off the sum.
    case reveal = 9
    /// What a worker committed to in its advertisement, for the draw of the graph.
    case opening = 10
    /// The openings of all workers.
    case openings = 11
    /// A worker's signature of the list of those that shared. It travels in other messages, never alone.
    case pledge = 12

    var name: String {
        switch self {
        case .advertisement: "the keys of a worker"
        case .roster: "the list of keys"
        case .shares: "the shares of a worker"
        case .delivery: "the shares for a worker"
        case .maskedInput: "the masked vector of a worker"
        case .survivors: "the list of survivors"
        case .consent: "the signature of the survivors"
        case .unmasking: "the request for shares"
        case .reveal: "the revealed shares"
        case .opening: "the opening of a worker"
        case .openings: "the list of openings"
        case .pledge: "the signature of the workers that shared"
        }
    }
}

/// How every message begins: version, kind, round.
enum MessageHeader {
    static let byteCount = 10
    private static let version: UInt8 = 1

    static func bytes(_ kind: MessageKind, round: UInt64) -> Data {
        var bytes = Data([version, kind.rawValue])
        bytes.append(littleEndian: round)
        return bytes
    }

    /// The kind of a message, if it is one.
    static func kind(of message: Data) -> MessageKind? {
        message.first == version ? message.dropFirst().first.flatMap(MessageKind.init(rawValue:)) : nil
    }

    /// A reader of what follows the header of a message of this kind and round.
    static func open(_ message: Data, as kind: MessageKind, round: UInt64) throws -> MessageReader {
        var reader = MessageReader(message, of: kind.name)
        let version = try reader.integer(UInt8.self)
        guard version == Self.version else {
            throw reader.malformed("it is of version \(version), not \(Self.version)")
        }
        let found = try reader.integer(UInt8.self)
        guard found == kind.rawValue else {
            throw PrivacyError(.wrongStage, "\(kind.name) was expected, and a message of kind \(found) came")
        }
        let number = try reader.integer(UInt64.self)
        guard number == round else {
            throw PrivacyError(.wrongRound, "\(kind.name) is of round \(number); this is round \(round)")
        }
        return reader
    }
}
