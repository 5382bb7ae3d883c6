public import Adapters
public import ArgumentParser
import Foundation

/// `lorad convert`: an adapter folder for another version of transformers.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Rename an adapter's tensors for older or newer versions of transformers.",
        discussion: """
            transformers 4.52 renamed the modules of LLaVA-style models, and PEFT stores an adapter under the names of its
            model. --keys v4 writes the names used before 4.52 (language_model.model.…), --keys v5 the current names
            (model.language_model.…), in the weights and in adapter_config.json. The values do not change.

            Example:
              lorad convert out --keys v4 --output out-v4
            """)

    @Argument(help: "PEFT adapter folder.")
    var adapter: String

    @Option(help: "Naming scheme to write: v4 or v5.")
    var keys: KeyDialect

    @Option(help: "Output folder.")
    var output: String

    @Flag(help: "Replace an existing adapter folder at --output.")
    var overwrite = false

    func run() throws {
        let conversion = try AdapterConversion(folder: URL(filePath: adapter), to: keys)
        try conversion.write(to: URL(filePath: output), overwrite: overwrite)
        print("\(output): \(conversion.count) tensors renamed for \(keys.versions)")
    }
}

extension KeyDialect: ExpressibleByArgument {}
