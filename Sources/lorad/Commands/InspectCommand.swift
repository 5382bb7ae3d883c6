import Adapters
import ArgumentParser
import Foundation
import Models
import Tensors

/// `lorad inspect`: what a model or adapter folder holds.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Lists the modules of a model folder or the tensors of an adapter folder.",
        discussion: """
            Examples:
              lorad inspect models/llava --target q_proj --target v_proj --rank 16
              lorad inspect out
            """)

    @Argument(help: "A Hugging Face model folder or a PEFT adapter folder.")
    var folder: String

    @Option(help: "A target_modules entry; marks the modules that it hits. Several make a list.")
    var target: [String] = []

    @Option(help: "A target_modules regular expression, or all-linear.")
    var pattern: String?

    @Option(help: "The rank that trainable parameters are counted for.")
    var rank = 8

    @Flag(help: "Only prints the digest by which a site's policy (lorad worker --policy) names the folder.")
    var digest = false

    @Flag(help: "Prints one JSON object.")
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
