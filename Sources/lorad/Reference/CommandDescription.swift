import Foundation
import Models

/// A command as `--help` tells of it, read from ArgumentParser's own description of all commands.
struct CommandDescription {
    /// An option, a flag or an argument.
    struct Argument {
        /// How it is written: `--config <config>`, `-h, --help`, `<file>`.
        var names: [String]
        /// The name of its value; empty of a flag.
        var value: String
        var text: String
        var isPositional: Bool
        var isOptional: Bool
        var isRepeating: Bool
    }

    /// The words that call it: `lorad`, `runs`, `list`.
    var path: [String]
    var abstract: String
    var discussion: String
    var arguments: [Argument]
    var subcommands: [CommandDescription]

    /// Reads the text of `--experimental-dump-help`.
    ///
    /// - Throws: `ModelError` if it is no JSON.
    init(dump: String) throws {
        let json = try JSONValue(parsing: Data(dump.utf8), file: "--experimental-dump-help")
        self.init(json["command"] ?? .null, under: [])
    }

    private init(_ json: JSONValue, under parents: [String]) {
        let path = parents + [json.text("commandName")]
        self.path = path
        abstract = json.text("abstract")
        discussion = json.text("discussion")
        arguments = (json["arguments"]?.arrayValue ?? []).filter(\.isShown).map(Argument.init)
        let shown = (json["subcommands"]?.arrayValue ?? []).filter { (command: JSONValue) -> Bool in
            command.isShown && command.text("commandName") != "help"
        }
        subcommands = shown.map { CommandDescription($0, under: path) }
    }

    /// The command and all within it.
    var all: [CommandDescription] { [self] + subcommands.flatMap(\.all) }
}

extension CommandDescription.Argument {
    fileprivate init(_ json: JSONValue) {
        isPositional = json.text("kind") == "positional"
        isOptional = json["isOptional"]?.boolValue ?? false
        isRepeating = json["isRepeating"]?.boolValue ?? false
        value = json.text("kind") == "flag" ? "" : json.text("valueName")
        let names = (json["names"]?.arrayValue ?? []).map { name -> String in
            let dashes = name.text("kind") == "long" ? "--" : "-"
            return dashes + name.text("name")
        }
        self.names = names.sorted { $0.count < $1.count }
        let standard = json.text("defaultValue")
        text = json.text("abstract") + (standard.isEmpty ? "" : " (default: \(standard))")
    }
}

extension JSONValue {
    fileprivate func text(_ key: String) -> String { self[key]?.stringValue ?? "" }
    fileprivate var isShown: Bool { self["shouldDisplay"]?.boolValue ?? true }
}
