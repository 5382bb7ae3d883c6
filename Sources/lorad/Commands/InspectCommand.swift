import Adapters
import ArgumentParser
import Foundation
import Models
import Tensors

/// `lorad inspect`: what a model or adapter folder holds.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "List the modules of a model folder or the tensors of an adapter folder.",
        discussion: """
            Examples:
              lorad inspect models/llava --target q_proj --target v_proj --rank 16
              lorad inspect out
            """)

    @Argument(help: "Hugging Face model folder or PEFT adapter folder.")
    var folder: String

    @Option(help: "Entry of target_modules; marks the modules it matches. Repeatable.")
    var target: [String] = []

    @Option(help: "Regular expression for target_modules, or all-linear.")
    var pattern: String?

    @Option(help: "Rank for which to count trainable parameters.")
    var rank = 8

    @Flag(help: "Print only the folder's digest, as a site's policy lists it (lorad worker --policy).")
    var digest = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard !digest || (target.isEmpty && pattern == nil && !json) else {
            throw ValidationError("--digest prints one line: give no --target, --pattern or --json")
        }
        guard target.isEmpty || pattern == nil else { throw ValidationError("give --target or --pattern, not both") }
        guard rank > 0 else { throw ValidationError("--rank must be at least 1") }
    }

    func run() throws {
        let url = URL(filePath: folder)
        let isAdapter = FileManager.default.fileExists(
            atPath: url.appending(path: AdapterFolder.configurationFile).path)
        if digest { return print(try isAdapter ? ModelFiles.digest(ofAdapter: url) : ModelFiles.digest(of: url)) }
        let inspection = isAdapter ? try Inspection(adapter: url) : try ofModel(url)
        print(json ? try inspection.json() : inspection.text)
    }

    /// A model's modules; errors about the selection name this command's option.
    private func ofModel(_ url: URL) throws -> Inspection {
        do {
            return try Inspection(model: url, selection, rank: rank)
        } catch let error as AdapterError where selection != nil {
            let option = pattern == nil ? "--target" : "--pattern"
            throw AdapterError(error.code, error.message.replacing("target_modules", with: option), cause: error.cause)
        }
    }

    private var selection: ModuleSelection? {
        if let pattern { return pattern.lowercased() == "all-linear" ? .allLinear : .pattern(pattern) }
        return target.isEmpty ? nil : .names(target)
    }
}
