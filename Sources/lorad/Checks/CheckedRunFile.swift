import Adapters
import Foundation
import Models
import Tensors
import Training

/// A run file that was looked at: what is wrong with it, and what is probably not meant.
struct CheckedRunFile {
    /// The file.
    let path: String
    /// What keeps the run from starting.
    private(set) var errors: [ConfigurationError.Problem] = []
    /// Valid but probably unintended settings, with their positions.
    private(set) var warnings: [(origin: ConfigurationOrigin, advice: Advice)] = []
    /// What opening the model and the data had to say.
    private(set) var notes: [String] = []

    /// Looks at a run file.
    ///
    /// - Parameters:
    ///   - opensFiles: whether model and data are opened too, as a run does before its first step; nothing is written.
    init(path: String, overrides: [String] = [], opensFiles: Bool = true) {
        self.path = path
        do {
            let document = try RunFile.document(path: path, overrides: overrides)
            let configuration = try RunFile.configuration(of: document, checksDisk: opensFiles)
            var facts = RunFacts(configuration, document: document)
            facts.machine = .init(
                multipliesBFloat16: Products.areNativeInBFloat16, availableMemory: MemoryReading.current.available)
            if opensFiles { open(&facts) }
            warnings = AdviceRules.advice(on: facts).map { (document.origin(of: $0.key), $0) }
        } catch let error as ConfigurationError {
            errors = error.problems
        } catch {
            errors = [.init(origin: .file(path, line: nil), key: nil, reason: "\(error)")]
        }
    }

    /// Opens the model and the data, records their problems, and adds the facts about them.
    private mutating func open(_ facts: inout RunFacts) {
        do {
            let opened = try OpenedFacts(facts.configuration) { notes.append($0) }
            facts.model = opened.model
            if facts.data.onLong == .error, let reason = opened.lengthProblem {
                return note(reason, at: "data.max_length", in: facts.document)
            }
            facts.rows = opened.rows
        } catch let error as AdapterError {
            note("\(error)", at: error.key, in: facts.document)
        } catch let error as TrainingError where error.code == .invalidDataset {
            note("\(error)", at: "data", in: facts.document)
        } catch let error as ModelError {
            note("\(error)", at: "model.path", in: facts.document)
        } catch {
            errors.append(.init(origin: facts.document.origin, key: nil, reason: "\(error)"))
        }
    }

    private mutating func note(_ reason: String, at key: String, in document: ConfigurationNode) {
        errors.append(.init(origin: document.origin(of: key), key: key, reason: reason))
    }
}

extension CheckedRunFile {
    /// A line each: `run.yaml:12: warning: training.learning_rate: what; why; what to do`.
    var lines: [String] {
        let errors = errors.map { problem in
            ["\(problem.origin): error", problem.key, problem.reason].compactMap(\.self).joined(separator: ": ")
        }
        let warnings = warnings.map { origin, advice in
            "\(origin): warning: \(advice.text)"
        }
        return errors + warnings
    }

    /// How many errors and warnings there are.
    var summary: String {
        guard !lines.isEmpty else { return "\(path): no errors, no warnings" }
        let counts = [(errors.count, "error"), (warnings.count, "warning")].filter { $0.0 > 0 }
        return "\(path): " + counts.map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")
    }

    /// One object with `errors`, `warnings` and `notes`.
    var json: JSONValue {
        let errors = errors.map { problem -> JSONValue in
            let members: [JSONValue.Member] = [
                .init("key", problem.key.json), .init("reason", .string(problem.reason)),
            ]
            return .object(problem.origin.members + members)
        }
        let warnings = warnings.map { JSONValue.object($0.origin.members + $0.advice.members) }
        return .object([
            .init("file", .string(path)), .init("errors", .array(errors)), .init("warnings", .array(warnings)),
            .init("notes", .array(notes.map(JSONValue.string))),
        ])
    }
}

extension Advice {
    fileprivate var members: [JSONValue.Member] {
        [
            .init("key", .string(key)), .init("what", .string(what)), .init("why", .string(why)),
            .init("action", .string(action)),
        ]
    }
}

extension AdapterError {
    /// The run file's key at fault; a setting may come with the name of what was read, as `adapter: rank_pattern`.
    fileprivate var key: String {
        let name = setting?.components(separatedBy: ": ").last?.prefix { $0 != " " }
        return name.map { "adapter.\($0)" } ?? "adapter"
    }
}

extension ConfigurationOrigin {
    /// `file` and `line`, or the `override` that it was.
    fileprivate var members: [JSONValue.Member] {
        switch self {
        case .file(let path, let line): [.init("file", .string(path)), .init("line", line.map { .int($0) } ?? .null)]
        case .override(let text): [.init("override", .string(text))]
        case .resolved: []
        }
    }
}
