import ArgumentParser
import Foundation
import Tensors

/// The `lorad` command.
@main
struct Lorad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lorad",
        abstract: "Trains LoRA adapters of vision-language models, on one machine or many.",
        version: Version.text,
        subcommands: [
            TrainCommand.self, CoordinatorCommand.self, WorkerCommand.self, RunsCommand.self, EvalCommand.self,
            GenerateCommand.self, ScoreCommand.self, MergeCommand.self, ConvertCommand.self, InspectCommand.self,
            PartitionCommand.self, PrivacyCommand.self, ConfigCommand.self, RecommendCommand.self, DoctorCommand.self,
            BenchCommand.self,
            DemoCommand.self, ManualCommand.self,
        ])

    /// Runs the command: exit status 0, 1 when it failed, 2 when it was called wrongly.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let isUsage = code == .validationFailure
            if isUsage || code == .success || error is ExitCode {
                write(fullMessage(for: error), to: code == .success ? .standardOutput : .standardError)
                Foundation.exit(isUsage ? 2 : code.rawValue)
            }
            write("lorad: \(SystemReason.withPath(error))", to: .standardError)
            Foundation.exit(1)
        }
    }

    private static func write(_ text: String, to handle: FileHandle) {
        guard !text.isEmpty else { return }
        handle.tell(text + "\n")
    }
}
