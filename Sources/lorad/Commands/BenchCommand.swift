import ArgumentParser
import Foundation
import Transports

/// `lorad bench`: what this machine makes of the parts.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Benchmark training, federated rounds, aggregation and privacy on this machine.",
        subcommands: [
            Trained.self, Kernels.self, Federated.self, Private.self, Clipped.self, Sampled.self,
            CoordinatorProcess.self, WorkersProcess.self,
        ])

    /// `lorad bench train`.
    struct Trained: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "train",
            abstract: "Measure seconds per step, tokens per second and memory of training. Writes nothing.",
            discussion: "Example:\n  lorad bench train --config configs/tiny-vqa.yaml --steps 20")

        @Option(
            help: "Run file with a model and data. Its number of steps and output settings are ignored.")
        var config: String

        @Option(
            name: .customLong("set"),
            help: "Override a key of the run file, for example --set training.lanes=1. Repeatable.")
        var overrides: [String] = []

        @Option(help: "Number of measured steps.")
        var steps = 10

        @Option(help: "Number of warm-up steps, at least 1.")
        var warmUp = 2

        @Flag(
            help:
                "Also show where the time went, by operation and by matrix product, and what occupies memory.")
        var profile = false

        @Option(help: "Write the profile to a file for Perfetto or chrome://tracing.")
        var trace: String?

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws {
            if steps < 1 { throw ValidationError("--steps must be at least 1") }
            if warmUp < 1 { throw ValidationError("--warm-up must be at least 1") }
        }

        func run() throws {
            let configuration = try RunFile.read(path: config, overrides: overrides)
            let report = try TrainBench(configuration: configuration).report(
                steps: steps, warmUp: warmUp, profiled: profile || trace != nil, trace: trace.map { URL(filePath: $0) }
            ) {
                if !json { print($0) }
            }
            print(json ? try report.json() : report.text)
        }
    }

    /// `lorad bench kernels`.
    struct Kernels: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kernels",
            abstract: "Measure the matrix products of training, within steps and alone, as a share of peak speed.",
            discussion: "Example:\n  lorad bench kernels --config configs/tiny-vqa.yaml")

        @Option(help: "Run file with a model and data.")
        var config: String

        @Option(
            name: .customLong("set"),
            help: "Override a key of the run file, for example --set training.lanes=1. Repeatable.")
        var overrides: [String] = []

        @Option(help: "Number of measured steps.")
        var steps = 5

        @Option(help: "Number of warm-up steps, at least 1.")
        var warmUp = 2

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws {
            if steps < 1 || warmUp < 1 { throw ValidationError("--steps and --warm-up must be at least 1") }
        }

        func run() throws {
            let configuration = try RunFile.read(path: config, overrides: overrides)
            let report = try KernelBench(configuration: configuration).report(steps: steps, warmUp: warmUp) {
                if !json { print($0) }
            }
            print(json ? try report.json() : report.text)
        }
    }

    /// `lorad bench federation`.
    struct Federated: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "federation",
            abstract:
                "Measure seconds per round, memory and CPU time of a coordinator and of workers that do not train.",
            discussion: """
                Examples:
                  lorad bench federation
                  lorad bench federation --workers 2 --sizes 20 --tensors 1,392 --simulated 0 --no-kernels --json
                """)

        @Option(help: "Numbers of workers to try, separated by commas. Each worker is a process.")
        var workers: CountList = "2,8"

        @Option(help: "Size of an update, in megabytes.")
        var sizes: CountList = "2,20,98"

        @Option(help: "Number of tensors in an update: 1, or an even number.")
        var tensors: CountList = "1,392"

        @Option(help: "Rounds per run. The result is the median without the first round.")
        var rounds = 5

        @Option(help: "Number of simulated workers with updates of 40 kB, in a few processes; 0 skips this part.")
        var simulated = 1000

        @Flag(inversion: .prefixedNo, help: "Also benchmark the aggregation kernels.")
        var kernels = true

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws {
            if rounds < 2 { throw ValidationError("--rounds must be at least 2") }
            if simulated < 0 { throw ValidationError("--simulated must not be negative") }
            if let odd = tensors.counts.first(where: { $0 > 1 && $0 % 2 > 0 }) {
                throw ValidationError("--tensors \(odd): expected 1, or an even number")
            }
        }

        func run() throws {
            let report = try FederationBench(
                workers: workers.counts, sizes: sizes.counts, tensors: tensors.counts, rounds: rounds,
                simulated: simulated, kernels: kernels
            ).report { if !json { print($0) } }
            if json { print(try report.json()) }
        }
    }

    /// `lorad bench privacy`.
    struct Private: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "privacy",
            abstract: "Compare rounds with and without secure aggregation, and measure masking and noise.",
            discussion: """
                Examples:
                  lorad bench privacy
                  lorad bench privacy --workers 3 --size 2 --exchanges 8 --json
                """)

        @Option(help: "Number of workers. Each is a process.")
        var workers = 8

        @Option(help: "Size of an update, in megabytes.")
        var size = 20

        @Option(help: "Rounds per run. The result is the median without the first round.")
        var rounds = 5

        @Option(
            help:
                "Numbers of workers for an exchange in one process in which a tenth of them drops out, separated by commas."
        )
        var exchanges: CountList = "8,64"

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws {
            if workers < 3 { throw ValidationError("--workers must be at least 3") }
            if size < 1 { throw ValidationError("--size must be at least 1") }
            if rounds < 2 { throw ValidationError("--rounds must be at least 2") }
            if let few = exchanges.counts.first(where: { $0 < 3 }) {
                throw ValidationError("--exchanges \(few): expected 3 or more")
            }
        }

        func run() throws {
            let report = try PrivacyBench(workers: workers, size: size, rounds: rounds, exchanges: exchanges.counts)
                .report { if !json { print($0) } }
            if json { print(try report.json()) }
        }
    }

    /// `lorad bench clipping`.
    struct Clipped: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clipping",
            abstract: "Compare the time of a step that clips each example's gradient with a plain step.",
            discussion: "Example:\n  lorad bench clipping --config configs/tiny-vqa.yaml")

        @Option(help: "Run file with a model and data. Its steps, output and privacy settings are ignored.")
        var config: String

        @Option(
            name: .customLong("set"),
            help: "Override a key of the run file, for example --set training.seed=7. Repeatable.")
        var overrides: [String] = []

        @Option(help: "Number of steps of each kind. The result is the median.")
        var steps = 5

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws { if steps < 1 { throw ValidationError("--steps must be at least 1") } }

        func run() throws {
            let configuration = try RunFile.read(path: config, overrides: overrides)
            let report = try ClippingBench(configuration) { if !json { print($0) } }.report(steps: steps)
            print(json ? try report.json() : report.text)
        }
    }

    /// `lorad bench sampling`.
    struct Sampled: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sampling",
            abstract: "Measure how much the time of a noise draw reveals about the value drawn.",
            discussion: "Example:\n  lorad bench sampling --draws 10000000")

        @Option(help: "Number of draws from each sampler.")
        var draws = 10_000_000

        @Option(help: "Number of draws per noise vector, timed together.")
        var values = 10_000

        @Flag(help: "Print one JSON object instead of text.")
        var json = false

        func validate() throws {
            if draws < 1 || values < 1 { throw ValidationError("--draws and --values must be at least 1") }
        }

        func run() throws {
            let report = try SamplingBench(draws: draws, values: values).report { if !json { print($0) } }
            if json { print(try report.json()) }
        }
    }

    /// A coordinator for `bench federation` and `bench privacy`.
    struct CoordinatorProcess: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "coordinator", shouldDisplay: false)

        @Option var workers: Int
        @Option var rounds: Int
        @Option var bytes: Int
        @Option var tensors: Int
        @Flag var masked = false

        func run() throws {
            try BenchCoordinator(
                workers: workers, rounds: rounds, state: ToyState(byteCount: bytes, tensors: tensors),
                isMasked: masked
            ).run()
        }
    }

    /// Workers for `bench federation`.
    struct WorkersProcess: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "workers", shouldDisplay: false)

        @Option var join: String
        @Option var first: Int
        @Option var end: Int

        func validate() throws { if first > end { throw ValidationError("--end is before --first") } }

        func run() throws { try BenchWorkers(join: JoinLine(text: join), numbers: first..<end).run() }
    }
}
