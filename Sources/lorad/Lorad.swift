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

    /// Runs the command and ends with an `ExitStatus`.
    static func main() {
        StopSignal.listen()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let isUsage = code == .validationFailure
            if isUsage || code == .success || error is ExitCode {
                write(fullMessage(for: error), to: code == .success ? .standardOutput : .standardError)
                Foundation.exit(isUsage ? ExitStatus.usage.rawValue : code.rawValue)
            }
            write("lorad: \(SystemReason.withPath(error))", to: .standardError)
            let status: ExitStatus = error is StoppedEarly ? .stopped : .failed
            Foundation.exit(status.rawValue)
        }
    }

    private static func write(_ text: String, to handle: FileHandle) {
        guard !text.isEmpty else { return }
        handle.tell(text + "\n")
    }
}
