import Federation
import Foundation
import Tensors

/// A site's policy with the lines that it stands in, so that a refusal can name them.
struct PolicyFile: Sendable {
    let policy: SitePolicy
    private let document: ConfigurationNode

    private static let mostBytes = 1 << 20

    /// Reads a policy, once: what becomes of the file while the worker runs makes no difference.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong.
    init(path: String) throws {
        let data: Data
        do {
            data = try BoundedFile.read(path, atMost: Self.mostBytes)
        } catch let error as TensorError {
            throw Self.error(
                path, "no such policy, or it cannot be read: check the path after --policy (\(error.message))")
        }
        guard let yaml = String(validating: data, as: UTF8.self) else {
            throw Self.error(path, "is not UTF-8: save the file with that encoding")
        }
        try self.init(yaml, name: path)
    }

    /// Reads the text of a policy.
    ///
    /// - Parameters:
    ///   - name: the file's name, for messages.
    ///   - checksDisk: whether the paths in it must lead to something.
    init(_ yaml: String, name: String, checksDisk: Bool = true) throws {
        document = try ConfigurationNode(yaml: yaml) { .file(name, line: $0) }
        guard !document.isNull else {
            throw Self.error(name, "is empty: lorad worker --policy-example prints a policy to be filled in")
        }
        var reading = ConfigurationReading(checksDisk: checksDisk, belongsToRunFile: false)
        policy = SitePolicy(reading: document, &reading)
        guard reading.problems.isEmpty else { throw ConfigurationError(reading.problems) }
    }

    private static func error(_ path: String, _ reason: String) -> ConfigurationError {
        ConfigurationError([.init(origin: .file(path, line: nil), key: nil, reason: reason)])
    }

    /// Why a worker takes no part: `site.yaml:12: rounds: the run has 50 rounds; the policy allows 20. This worker takes no
    /// part`.
    ///
    /// - Parameters:
    ///   - key: what the policy says it under, dotted.
    ///   - found: what was found, a sentence without its full stop.
    ///   - allowed: what the policy allows.
    func refusal(_ key: String, _ found: String, allowed: String) -> FederationError {
        FederationError(
            .forbidden, "\(rule(key)): \(found); the policy allows \(allowed). This worker takes no part")
    }

    /// What a policy says, for messages: `site.yaml:12: rounds`.
    func rule(_ key: String) -> String { "\(place(of: key)): \(key)" }

    /// Where a key stands: `site.yaml:12`.
    func place(of key: String) -> String { document.origin(of: key).description }
}
