import ArgumentParser
import Foundation
import Transports

/// `lorad bench`: what this machine makes of the parts.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures training, rounds, aggregation and privacy on this machine.",
        subcommands: [
            Trained.self, Kernels.self, Federated.self, Private.self, Clipped.self, Sampled.self,
            CoordinatorProcess.self, WorkersProcess.self,
        ])

    /// `lorad bench train`.
    struct Trained: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "train",
            abstract: "Seconds a step, tokens a second and memory of training; nothing is written.",
            discussion: "Example:\n  lorad bench train --config configs/tiny-vqa.yaml --steps 20")

        @Option(
            help: "A run file with a model and data; what it says of the number of steps and of output has no effect.")
        var config: String

        @Option(name: .customLong("set"), help: "Overrides a key of the run file: --set training.lanes=1.")
        var overrides: [String] = []

        @Option(help: "Steps that count.")
        var steps = 10

        @Option(help: "Steps before these, at least one.")
        var warmUp = 2

        @Flag(
            help:
                "Adds where the time of these steps went, by operation and by matrix product, and what lies in memory.")
        var profile = false

        @Option(help: "Writes the profile to a file that Perfetto and chrome://tracing open.")
        var trace: String?

        @Flag(help: "Prints one JSON object.")
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
            abstract: "The matrix products of training steps, within steps and by themselves: the share of the peak.",
            discussion: "Example:\n  lorad bench kernels --config configs/tiny-vqa.yaml")

        @Option(help: "A run file with a model and data.")
        var config: String

        @Option(name: .customLong("set"), help: "Overrides a key of the run file: --set training.lanes=1.")
        var overrides: [String] = []

        @Option(help: "Steps that count.")
        var steps = 5

        @Option(help: "Steps before these, at least one.")
        var warmUp = 2

        @Flag(help: "Prints one JSON object.")
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
            abstract: "Seconds a round, memory and processor time of a coordinator and workers that do not train.",
            discussion: """
                Examples:
                  lorad bench federation
                  lorad bench federation --workers 2 --sizes 20 --tensors 1,392 --simulated 0 --no-kernels --json
                """)

        @Option(help: "Workers, each a process; several numbers make a list.")
        var workers: CountList = "2,8"

        @Option(help: "Megabytes of an update.")
        var sizes: CountList = "2,20,98"

        @Option(help: "Tensors that an update is made of: 1, or an even number.")
        var tensors: CountList = "1,392"

        @Option(help: "Rounds of each run; the median is taken of those after the first.")
        var rounds = 5

        @Option(help: "Workers of the run with updates of 40 kB, in a few processes; 0 leaves it out.")
        var simulated = 1000

        @Flag(inversion: .prefixedNo, help: "Measures aggregation.")
        var kernels = true

        @Flag(help: "Prints one JSON object.")
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
            abstract: "Rounds with secure aggregation beside plain ones, the work that masks are, and noise.",
            discussion: """
                Examples:
                  lorad bench privacy
                  lorad bench privacy --workers 3 --size 2 --exchanges 8 --json
                """)

        @Option(help: "Workers of the rounds, each a process.")
        var workers = 8

        @Option(help: "Megabytes of an update.")
        var size = 20

        @Option(help: "Rounds of each run; the median is taken of those after the first.")
        var rounds = 5

        @Option(help: "Workers of an exchange in one process, of which a tenth is lost; several numbers make a list.")
        var exchanges: CountList = "8,64"

        @Flag(help: "Prints one JSON object.")
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
            abstract: "Seconds of a step whose rows' gradients are bounded one by one, beside a plain one.",
            discussion: "Example:\n  lorad bench clipping --config configs/tiny-vqa.yaml")

        @Option(help: "A run file with a model and data; what it says of steps, output and privacy has no effect.")
        var config: String

        @Option(name: .customLong("set"), help: "Overrides a key of the run file: --set training.seed=7.")
        var overrides: [String] = []

        @Option(help: "Steps of each kind; the median is taken.")
        var steps = 5

        @Flag(help: "Prints one JSON object.")
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
            abstract: "The time of draws of noise against the numbers drawn: what a clock tells of the noise.",
            discussion: "Example:\n  lorad bench sampling --draws 10000000")

        @Option(help: "Draws from each sampler.")
        var draws = 10_000_000

        @Option(help: "Draws that make up the noise of a sum, which are timed together.")
        var values = 10_000

        @Flag(help: "Prints one JSON object.")
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
