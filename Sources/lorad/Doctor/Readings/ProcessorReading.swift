import Foundation
import Tensors

/// What the system says of the processor.
struct ProcessorReading: Equatable, Sendable {
    /// Its name; empty if the system does not report it.
    var model = ""
    /// Cores that this process may run on.
    var cores = 1
    /// The control group's limit in cores; `nil` without a limit.
    var quota: Double?
    /// Cores that lorad computes on unless it is told a number.
    var usable: Int { AvailableCores.count(affinity: cores, quota: quota) }
    /// Its instruction sets, by the names of the system's own list: `avx2`, `avx512_bf16`, `amx_bf16`, `bf16`, `sve`.
    var features: Set<String> = []

    /// The sets that matter to matrix products, most capable last.
    static let worthNaming = [
        "avx2", "fma", "avx512f", "avx_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "asimd", "i8mm", "sve", "bf16",
        "sve2",
    ]

    /// Reads the text of `/proc/cpuinfo`.
    ///
    /// - Parameters:
    ///   - text: on x86 with `model name` and `flags`; on ARM, which has no name there, with `Features`.
    init(cpuinfo text: String, cores: Int = 1, quota: Double? = nil) {
        self.cores = cores
        self.quota = quota
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard halves.count == 2 else { continue }
            switch halves[0] {
            case "model name": if model.isEmpty { model = halves[1] }
            case "flags", "Features":
                if features.isEmpty { features = Set(halves[1].split(separator: " ").map(String.init)) }
            default: break
            }
        }
    }

    /// The processor that this process runs on.
    static var current: ProcessorReading {
        ProcessorReading(
            cpuinfo: SystemFile.text("/proc/cpuinfo"), cores: AvailableCores.affinity,
            quota: ControlGroup.current.processorQuota)
    }
}
