import Foundation
import Models

/// What people may ask of a run, by a command on the coordinator's machine or over HTTP.
///
/// None of them changes what a round needs: they cannot lower a quorum, open a committed round again, or weaken masks or noise.
enum RunAction: Equatable, Sendable {
    /// Lets no further round begin.
    case pause
    /// Lets rounds begin again.
    case resume
    /// Ends the coordinator as SIGTERM does.
    case stop
    /// Shuts a worker out for good; by fingerprint, the beginning of one, or name.
    case revoke(worker: String)
    /// Moves the open round's deadline.
    case extend(seconds: Double)
    /// Makes another token that admits new workers.
    case joinToken(uses: Int?, hours: Double?)

    /// Every action's name.
    static let names = ["pause", "resume", "stop", "revoke", "extend", "join-token"]

    /// Its name in commands, URLs and the audit log.
    var name: String {
        switch self {
        case .pause: "pause"
        case .resume: "resume"
        case .stop: "stop"
        case .revoke: "revoke"
        case .extend: "extend"
        case .joinToken: "join-token"
        }
    }

    /// What it is about, for the audit log.
    var details: [String: String]? {
        switch self {
        case .pause, .resume, .stop: return nil
        case .revoke(let worker): return ["worker": String(worker.onOneLine.prefix(100))]
        case .extend(let seconds): return ["seconds": String(seconds)]
        case .joinToken(let uses, let hours):
            let details = ["uses": uses.map(String.init), "hours": hours.map { String($0) }].compactMapValues(\.self)
            return details.isEmpty ? nil : details
        }
    }
}

extension RunAction {
    /// The longest that one request may move a deadline, in seconds.
    private static let longestExtension = 1_000_000.0
    /// The longest life of a join token, in hours.
    private static let longestLife = 8_760.0

    /// Reads an action.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - parameters: a JSON object with the keys that it has: `worker`, `seconds`, `uses`, `hours`.
    /// - Throws: `CommandError` for an unknown name or key, and for values that cannot be.
    init(name: String, parameters: JSONValue) throws {
        guard let members = parameters.objectValue else { throw CommandError("\(name): expected a JSON object") }
        let known = Self.keys[name]
        guard let known else {
            throw CommandError(
                "unknown action \(name.debugDescription): expected one of \(Self.names.joined(separator: ", "))")
        }
        if let other = members.first(where: { !known.contains($0.key) }) {
            let list = known.isEmpty ? "none" : known.joined(separator: ", ")
            throw CommandError("\(name) has no key \(other.key.debugDescription); its keys: \(list)")
        }
        guard Set(members.map(\.key)).count == members.count else {
            throw CommandError("\(name): a key is given twice, so its value is ambiguous")
        }
        switch name {
        case "pause": self = .pause
        case "resume": self = .resume
        case "stop": self = .stop
        case "revoke":
            guard let worker = parameters["worker"]?.stringValue, !worker.isEmpty else {
                throw CommandError("revoke: expected \"worker\", a fingerprint, the start of one, or a name")
            }
            self = .revoke(worker: worker)
        case "extend":
            guard let seconds = parameters["seconds"]?.doubleValue else {
                throw CommandError("extend: expected \"seconds\", a number")
            }
            self = .extend(seconds: try Self.seconds(seconds))
        default: self = try Self.joinToken(parameters)
        }
    }

    private static let keys: [String: [String]] = [
        "pause": [], "resume": [], "stop": [], "revoke": ["worker"], "extend": ["seconds"],
        "join-token": ["hours", "uses"],
    ]

    private static func seconds(_ seconds: Double) throws -> Double {
        guard seconds.isFinite, seconds >= 1, seconds <= longestExtension else {
            throw CommandError("extend: \"seconds\" must be from 1 to \(Int(longestExtension)), found \(seconds)")
        }
        return seconds
    }

    private static func joinToken(_ parameters: JSONValue) throws -> RunAction {
        let (uses, hours) = (parameters["uses"], parameters["hours"])
        if let uses, uses.intValue.map({ (1...10_000).contains($0) }) != true {
            throw CommandError("join-token: \"uses\" is a number from 1 to 10000")
        }
        if let hours, hours.doubleValue.map({ $0 > 0 && $0 <= longestLife }) != true {
            throw CommandError("join-token: \"hours\" is a number above 0, at most \(Int(longestLife))")
        }
        return .joinToken(uses: uses?.intValue, hours: hours?.doubleValue)
    }

    /// What `init(name:parameters:)` reads.
    var parameters: JSONValue {
        switch self {
        case .pause, .resume, .stop: .object([])
        case .revoke(let worker): .object([.init("worker", .string(worker))])
        case .extend(let seconds): .object([.init("seconds", .double(seconds))])
        case .joinToken(let uses, let hours):
            .object(
                [uses.map { .init("uses", .int($0)) }, hours.map { .init("hours", .double($0)) }].compactMap(\.self))
        }
    }
}

/// What an action came to.
struct ActionReport: Equatable, Sendable {
    /// For people, a line or two.
    var text: String
    /// The join line that a new token is in; a secret.
    var joinLine: String?
}
