import ArgumentParser
import Foundation
import Models

/// `lorad config`: run files themselves.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks run files, and tells what may stand in them.",
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
        commandName: "check", abstract: "Tells what is wrong with a run file, and what in it is unusual.",
        discussion: """
            Example:
              lorad config check configs/tiny-vqa.yaml --set training.learning_rate=0.5

            Reads the run file, the model and every row as a run does before its first step, and writes nothing. A line for \
            each finding: where, the key, what it is, why that matters, and what to do. Warnings leave the exit status at 0.
            """)

    @Argument(help: "The run file.")
    var file: String

    @Option(name: .customLong("set"), help: "Overrides a key of the run file: --set training.seed=7.")
    var overrides: [String] = []

    @Flag(help: "Looks at the run file alone: neither model nor data need be here.")
    var fileOnly = false

    @Flag(help: "Prints one JSON object.")
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
        abstract: "Lists the keys of a run file: what each is, its default, what it must fulfil.",
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
