import Foundation
import Tensors

/// Everything that is read from a machine before it is judged.
struct MachineReadings: Sendable {
    var processor: ProcessorReading
    var memory: MemoryReading
    var disks: [DiskReading]
    var ports: [PortReading]
    var limits: LimitReading
    /// Names and versions of libraries.
    var libraries: [String]
    /// Whether bfloat16 numbers are multiplied as they are.
    var multipliesBFloat16: Bool
    /// What was measured; `nil` if that was left out.
    var speed: SpeedReading?
    /// The character encoding of the terminal, by the locale; `nil` if there is no terminal.
    var terminalEncoding: String?
    var time: Date
    /// What Slurm gave; `nil` outside of its jobs.
    var slurm: SlurmReading?

    /// Reads this machine.
    ///
    /// - Parameters:
    ///   - state: the folders for state and cache.
    ///   - measures: whether a second is spent on measuring.
    static func taken(state: StateFolder, measures: Bool) -> MachineReadings {
        let (processor, memory) = (ProcessorReading.current, MemoryReading.current)
        return MachineReadings(
            processor: processor, memory: memory,
            disks: [
                DiskReading(purpose: "state", of: state.folder), DiskReading(purpose: "cache", of: state.cache),
                DiskReading(
                    purpose: "current folder", of: URL(filePath: FileManager.default.currentDirectoryPath)),
            ],
            ports: [0, 7700, 7701].map { PortReading(listeningOn: $0) }, limits: .current,
            libraries: Version.libraries, multipliesBFloat16: Products.areNativeInBFloat16,
            speed: measures ? .measured(cores: processor.usable, memory: memory.available) : nil,
            terminalEncoding: isatty(STDOUT_FILENO) == 1 ? encoding : nil, time: Date(), slurm: .current)
    }

    /// The encoding that the environment's locale names: `UTF-8` of `en_GB.UTF-8`.
    private static var encoding: String {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
        return locale.split(separator: ".").dropFirst().first.map { String($0.prefix { $0 != "@" }) } ?? locale
    }
}
