import Foundation
import Tensors

/// Reads and writes run files. Paths in them are relative to the working directory.
enum RunFile {
    /// Reads a run file and lays `--set` overrides over it, the last of a key winning.
    ///
    /// - Parameter checksDisk: Whether the paths in it must lead to something.
    /// - Throws: `ConfigurationError` with everything that is wrong.
    static func read(path: String, overrides: [String] = [], checksDisk: Bool = true) throws -> RunConfiguration {
        try configuration(of: document(path: path, overrides: overrides), checksDisk: checksDisk)
    }

    /// Reads the text of a run file.
    ///
    /// - Parameter name: The file's name, for messages.
    static func parse(
        _ yaml: String, name: String, overrides: [String] = [], checksDisk: Bool = true
    ) throws -> RunConfiguration {
        try configuration(of: document(yaml, name: name, overrides: overrides), checksDisk: checksDisk)
    }

    /// The content of a run file with its overrides, without defaults.
    ///
    /// - Throws: `ConfigurationError` if the file cannot be read, or is no YAML.
    static func document(path: String, overrides: [String] = []) throws -> ConfigurationNode {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw error(path, "no such run file, or it cannot be read: check the path after --config")
        }
        if GitLFSPointer.isOne(data) { throw error(path, GitLFSPointer.message) }
        guard let yaml = String(validating: data, as: UTF8.self) else {
            throw error(path, "is not UTF-8: save the file with that encoding")
        }
        return try document(yaml, name: path, overrides: overrides)
    }

    /// The content of a run file's text with its overrides, without defaults.
    ///
    /// - Parameter name: The file's name, for messages.
    static func document(_ yaml: String, name: String, overrides: [String] = []) throws -> ConfigurationNode {
        try overrides.reduce(ConfigurationNode(yaml: yaml) { .file(name, line: $0) }) {
            try ConfigurationOverride($1).applied(to: $0)
        }
    }

    /// What a document means.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong.
    static func configuration(of root: ConfigurationNode, checksDisk: Bool = true) throws -> RunConfiguration {
        let isFederated = root[["federation", "mode"]]?.value.text == FederationArguments.Mode.federated.rawValue
        var reading = ConfigurationReading(
            checksDisk: checksDisk, waived: isFederated ? RunConfiguration.dataOfWorkers : [])
        let configuration = RunConfiguration(reading: root, &reading)
        guard reading.problems.isEmpty else { throw ConfigurationError(reading.problems) }
        return configuration
    }

    /// The configuration as a run file with every key, which reads back as the same configuration.
    static func text(of configuration: RunConfiguration) throws -> String { try configuration.node.yaml() }

    /// Writes the configuration as a run file.
    static func write(_ configuration: RunConfiguration, to path: String) throws {
        try AtomicFile.write(text(of: configuration), to: path)
    }

    private static func error(_ path: String, _ reason: String) -> ConfigurationError {
        ConfigurationError([.init(origin: .file(path, line: nil), key: nil, reason: reason)])
    }
}
