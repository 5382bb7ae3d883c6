import Foundation

/// All that the page of a run shows, as the page's script gets it: of a run that continues, or of one in the store.
struct RunPage: Codable, Equatable, Sendable {
    /// How far a run is.
    enum State: String, Codable, Sendable {
        case created
        /// Waits for workers.
        case gathering
        case working
        /// Its coordinator ended without saying so.
        case interrupted
        case stopped, finished, failed
    }

    /// A worker, and what it did in the whole run.
    struct Worker: Codable, Equatable, Sendable {
        var name: String
        var fingerprint: String
        /// `idle`, `working`, `silent`, `left` or `excluded` with a coordinator; `enrolled` or `revoked` without.
        var state: String
        /// How far it is with its task, from 0 to 1.
        var progress: Double?
        var tokensPerSecond: Double?
        var counted = 0
        var late = 0
        var refused = 0
        var failed = 0
        var bytesIn = 0
        var bytesOut = 0
    }

    /// A curve; a value belongs to the round, counted from 1, after which it was so; 0 is the run's beginning.
    struct Curve: Codable, Equatable, Sendable {
        var quantity: RunCurve.Quantity
        /// Each value is the mean of at most this many rounds, named after the last one.
        var span: Int
        var rounds: [Int]
        var values: [Double]
    }

    /// A round that is done.
    struct Round: Codable, Equatable, Sendable {
        var number: Int
        var time: Date
        var loss: Double?
        var evalLoss: Double?
        /// The share of validation rows that the model gets right.
        var accuracy: Double?
        var epsilon: Double?
        var results: Int
        var tokens: Int
        var seconds: Double
        var bytesIn: Int
        var bytesOut: Int
    }

    /// What differential privacy has cost so far.
    struct Privacy: Codable, Equatable, Sendable {
        /// `nil` if each worker keeps its own account.
        var epsilon: Double?
        var target: Double?
        var delta: Double
        /// What the numbers promise, in words.
        var meaning: String
        /// Which figures the page leaves out, and why.
        var withheld = WithheldFigures.reason
    }

    /// Something that went wrong, or nearly.
    struct Incident: Codable, Equatable, Sendable {
        var time: Date
        var text: String
    }

    /// lorad's release.
    var version = Version.number
    var run: String
    /// `distributed` or `federated`.
    var mode: String
    /// What rounds are called: `step` or `round`.
    var unit: String
    var state: State
    /// Whether a coordinator sends what is new.
    var isLive = false
    /// Whether no further round begins until somebody resumes the run.
    var isPaused = false
    /// Whether that coordinator ends now.
    var isOver = false
    /// Whether the coordinator serves the join line at `join`.
    var tellsJoinLine = false
    var begun: Date
    /// When the file was written that this is in.
    var written: Date?
    /// Rounds that are done.
    var done: Int
    /// Rounds of the whole run.
    var planned: Int?
    /// The last round's.
    var loss: Double?
    /// Of a run that continues: over its last rounds. Of another: over all.
    var secondsPerRound: Double?
    var tokensPerSecond: Double?
    var remainingSeconds: Double?
    var tokens = 0
    var results = 0
    var bytesIn = 0
    var bytesOut = 0
    /// What strangers tried, or the network broke, since this coordinator began.
    var refusedRecords = 0
    var refusedWorkers = 0
    var workers: [Worker] = []
    var curves: [Curve] = []
    /// The last rounds, oldest first.
    var rounds: [Round] = []
    var privacy: Privacy?
    /// The last ones of each kind, newest first.
    var incidents: [Incident] = []

    /// The page as one line of JSON, with snake-case keys.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension Double {
    /// The number, unless it is one that JSON has no way to write; peers may claim such.
    var ifFinite: Double? { isFinite ? self : nil }
}
