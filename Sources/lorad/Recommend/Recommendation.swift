import Adapters
import Foundation
import Models
import Tensors
import Training

/// A run file for a task, a number of examples, a model and this machine.
struct Recommendation: Sendable {
    /// What a way of computing takes in memory, in bytes.
    struct Memory: Equatable, Sendable {
        /// Of the process's own.
        var own: Int
        /// The model's files, which are mapped and shared by processes.
        var mapped: Int
    }

    /// What was tried, in its order; the last one is what is recommended.
    struct Attempt: Equatable, Sendable {
        var computing: Recipe.Computing
        var memory: Memory
    }

    let recipe: Recipe
    let attempts: [Attempt]
    let settings: [RecommendedSetting]
    /// The run file.
    let text: String
    /// Memory available to a process; `nil` if the system does not report it.
    let available: Int?

    /// Finds the first way of computing that fits.
    ///
    /// - Parameters:
    ///   - memory: what a run file takes.
    /// - Throws: what `memory` throws.
    init(
        _ recipe: Recipe, _ paths: Recipe.Paths, machine: RunFacts.Machine, cores: Int,
        memory: (RunConfiguration) throws -> Memory
    ) throws {
        (self.recipe, available) = (recipe, machine.availableMemory)
        let room = machine.availableMemory.map { $0 / 10 * 9 } ?? .max
        var attempts: [Attempt] = []
        for computing in Self.ways(machine, cores: cores) {
            let settings = try recipe.settings(paths, computing)
            let configuration = try RunFile.parse(
                RunFileText(title: [], settings: settings).text, name: "the recommended run file", checksDisk: false)
            attempts.append(Attempt(computing: computing, memory: try memory(configuration)))
            if attempts[attempts.count - 1].memory.own <= room { break }
        }
        self.attempts = attempts
        settings = try recipe.settings(paths, attempts[attempts.count - 1].computing)
        text =
            RunFileText(
                title: [
                    "For \(recipe.task.rawValue) with \(recipe.examples.grouped) examples, as lorad "
                        + "\(Version.number) recommends. Check before you train: lorad train --config FILE --dry-run"
                ], settings: settings
            ).text
    }

    /// Ways of computing, from the fastest to the one that takes least memory.
    private static func ways(_ machine: RunFacts.Machine, cores: Int) -> [Recipe.Computing] {
        let precision = machine.multipliesBFloat16 ? "bf16" : "fp32"
        var ways = [
            Recipe.Computing(precision: precision), Recipe.Computing(precision: precision, checkpointing: true),
        ]
        var lanes = cores / 2
        while lanes >= 1 {
            ways.append(Recipe.Computing(precision: precision, checkpointing: true, lanes: lanes))
            lanes /= 2
        }
        if precision == "fp32" { ways.append(Recipe.Computing(precision: "bf16", checkpointing: true, lanes: 1)) }
        return ways
    }

    /// What is recommended.
    var chosen: Attempt { attempts[attempts.count - 1] }

    /// Whether it fits into this machine's memory.
    var fits: Bool { available.map { chosen.memory.own <= $0 / 10 * 9 } ?? true }
}

extension Recommendation {
    /// Whether it fits, the changes that make it fit, and other notes.
    var notes: [String] {
        let memory = chosen.memory
        let room = available.map { "; \($0.bytesText) is available" } ?? ""
        var notes = [
            "needs \(memory.own.bytesText) of memory and \(memory.mapped.bytesText) of mapped weights\(room)"
        ]
        if attempts.count > 1, fits {
            notes.append(
                "the fastest settings would need \(attempts[0].memory.own.bytesText), so this recipe sets "
                    + "\(changes.joined(separator: ", "))"
            )
        }
        if !fits {
            notes.append(
                "does not fit, even with \(changes.joined(separator: ", ")): use a smaller model, a lower rank or "
                    + "shorter examples, or share the run with machines that have more memory (lorad coordinator)"
            )
        }
        if let available, fits, memory.own + memory.mapped > available {
            notes.append("the mapped weights do not fit into memory as well, so steps wait for the disk")
        }
        return notes
    }

    /// What is different from the fastest way.
    private var changes: [String] {
        let (first, last) = (attempts[0].computing, chosen.computing)
        return [
            last.precision == first.precision ? nil : "model.precision: \(last.precision)",
            last.checkpointing ? "training.gradient_checkpointing: true" : nil,
            last.lanes.map { "training.lanes: \($0)" },
        ].compactMap(\.self)
    }

    var json: JSONValue {
        .object([
            .init("task", .string(recipe.task.rawValue)), .init("examples", .int(recipe.examples)),
            .init("fits", .bool(fits)),
            .init(
                "memory",
                .object([
                    .init("own_bytes", .int(chosen.memory.own)), .init("mapped_bytes", .int(chosen.memory.mapped)),
                    .init("available_bytes", available.map { .int($0) } ?? .null),
                ])),
            .init("notes", .array(notes.map { .string($0) })),
            .init("settings", .array(settings.map(\.json))), .init("run_file", .string(text)),
        ])
    }
}
