import ArgumentParser
import Foundation
import Models

/// `lorad config`: run files themselves.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check run files and list their keys.",
        discussion: """
            Examples:
              lorad config check configs/tiny-vqa.yaml
              lorad config schema --markdown
            """,
        subcommands: [ConfigCheckCommand.self, ConfigSchemaCommand.self])
}

/// `lorad config check`.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report errors and unusual settings in a run file.",
        discussion: """
            Example:
              lorad config check configs/tiny-vqa.yaml --set training.learning_rate=0.5

            Reads the run file, the model and every example as a run does before its first step, and writes nothing. Prints one \
            line per finding: the place, the key, the problem, why it matters, and what to do. With warnings only, the exit \
            status is 0.
            """)

    @Argument(help: "The run file (YAML).")
    var file: String

    @Option(
        name: .customLong("set"), help: "Override a key of the run file, for example --set training.seed=7. Repeatable."
    )
    var overrides: [String] = []

    @Flag(help: "Check only the run file, without the model and the data.")
    var fileOnly = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        let checked = CheckedRunFile(path: file, overrides: overrides, opensFiles: !fileOnly)
        if json {
            print(checked.json.text(indent: 2, isASCII: false))
        } else {
            for line in checked.lines + [checked.summary] { print(line) }
        }
        if !checked.errors.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

/// `lorad config schema`.
struct ConfigSchemaCommand: ParsableCommand {
    /// How the keys are written.
    enum Form: String, EnumerableFlag {
        case markdown
        case json
        case jsonSchema

        static func help(for value: Form) -> ArgumentHelp? {
            switch value {
            case .markdown: "Prints the page docs/configuration.md."
            case .json: "Prints a JSON list of the keys."
            case .jsonSchema: "Prints a JSON Schema, which editors complete and check run files by."
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "List all keys of a run file with type, default and allowed values.",
        discussion: "Example:\n  lorad config schema --json-schema > lorad.schema.json")

    @Flag var form: Form?

    func run() throws {
        let reference = ConfigurationReference()
        switch form {
        case nil: print(reference.text)
        case .markdown: print(reference.markdown, terminator: "")
        case .json: print(reference.json.text(indent: 2, isASCII: false))
        case .jsonSchema: print(reference.jsonSchema.text(indent: 2, isASCII: false))
        }
    }
}
