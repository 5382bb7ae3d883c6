import ArgumentParser

/// The `lorad` command.
@main
struct Lorad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lorad",
        abstract: "Trains LoRA adapters of vision-language models, on one machine or many.")
}
