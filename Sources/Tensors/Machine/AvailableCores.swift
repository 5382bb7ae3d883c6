import Foundation

/// The processor cores that this process may use, which schedulers and containers make fewer than the machine has.
public enum AvailableCores {
    /// Cores that the process may run on: its affinity, which a control group's cpuset (of either version) narrows.
    public static let affinity: Int = affinity(
        status: SystemFile.text("/proc/self/status"), online: ProcessInfo.processInfo.activeProcessorCount)

    /// How many threads have a core each: no more than the affinity and a control group's processor quota allow.
    public static let count: Int = count(affinity: affinity, quota: ControlGroup.current.processorQuota)

    /// Cores that a process may run on.
    ///
    /// - Parameters:
    ///   - status: the text of `/proc/self/status`, whose `Cpus_allowed` is a bit mask in hexadecimal digits, with
    ///     commas.
    ///   - online: the number of cores that are online; the mask may contain others.
    /// - Returns: `online` if the text has no mask.
    public static func affinity(status: String, online: Int) -> Int {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return online }
        let digits = line.dropFirst(name.count).filter { !$0.isWhitespace && $0 != "," }.map(\.hexDigitValue)
        let allowed = digits.reduce(0) { $0 + ($1 ?? 0).nonzeroBitCount }
        return allowed > 0 && !digits.contains(nil) ? min(allowed, online) : online
    }

    /// How many threads have a core each.
    ///
    /// - Parameters:
    ///   - affinity: cores that the process may run on.
    ///   - quota: processor time a second that a control group allows, in cores; `nil` without a limit. A part of a core
    ///     is left unused: with a thread more than whole cores, all would wait for each other.
    /// - Returns: 1 at least.
    public static func count(affinity: Int, quota: Double?) -> Int {
        let allowed = quota.flatMap { $0 < 1e6 ? Int($0 + 0.01) : nil } ?? .max
        return max(1, min(affinity, allowed))
    }
}
