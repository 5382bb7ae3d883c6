import Foundation
import Models

/// What a run needs of the machine or the scheduler's job that it is started in.
struct RunNeeds: CustomStringConvertible {
    let memory: MemoryEstimate
    let stop: StopEstimate
    let lanes: Int

    /// What one process and its mapped weights take, with a tenth to spare, in MiB: a value for Slurm's `--mem`. A control
    /// group is charged for the file pages that its processes map, so the weights count.
    var jobMebibytes: Int { Self.mebibytes(memory.own + memory.mappedWeights) }

    /// What each further process on the same machine adds; it shares the mapped weights.
    var furtherProcessMebibytes: Int { Self.mebibytes(memory.own) }

    private static func mebibytes(_ bytes: Int) -> Int { (bytes + bytes / 10) / (1 << 20) + 1 }

    var description: String {
        [
            memory.description, stop.description,
            "for a job: --mem=\(jobMebibytes)M (\(furtherProcessMebibytes)M more for each further worker on the same machine), "
                + "--signal=TERM@\(stop.notice)",
        ].joined(separator: "\n")
    }

    var json: JSONValue {
        .object([
            .init("lanes", .int(lanes)), .init("memory_bytes", memory.json), .init("stop_seconds", stop.json),
            .init(
                "job",
                .object([
                    .init("memory_mebibytes", .int(jobMebibytes)),
                    .init("memory_mebibytes_per_further_worker", .int(furtherProcessMebibytes)),
                    .init("notice_seconds", .int(stop.notice)),
                ])),
        ])
    }
}

extension MemoryEstimate {
    /// Every kind in bytes.
    var json: JSONValue {
        .object([
            .init("mapped_weights", .int(mappedWeights)), .init("program", .int(program)),
            .init("trainable", .int(trainable)), .init("gradients", .int(gradients)),
            .init("activations", .int(activations)), .init("own", .int(own)),
        ])
    }
}
