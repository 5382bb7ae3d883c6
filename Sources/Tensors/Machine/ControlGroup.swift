import Foundation

/// What the control group of this process limits (Linux; containers and services are put into one).
public struct ControlGroup: Equatable, Sendable {
    /// Memory limit of the group in bytes; `nil` without a limit.
    public var memoryLimit: Int?
    /// Memory that the group uses, including the file cache.
    public var memoryUsage: Int?
    /// CPU time limit in cores; `nil` without a limit.
    public var processorQuota: Double?

    /// Limits of a whole machine are written as numbers of this size.
    private static let unlimited = 1 << 60

    /// Reads the files of the group, or of the groups, that `/proc/self/cgroup` names: version 2 has one group for everything, version
    /// 1 one for each resource. A limit of any group above counts too.
    ///
    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`.
    ///   - read: the text of a file below `/sys/fs/cgroup`, or empty.
    public init(membership: String, read: (String) -> String) {
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { continue }
            for path in Self.ancestors(parts[2]) {
                if parts[1].isEmpty {
                    limitMemory(read("\(path)memory.max"), usage: read("\(path)memory.current"))
                    limitProcessor(read("\(path)cpu.max").split(separator: " ").map(String.init))
                    continue
                }
                for controller in parts[1].split(separator: ",") {
                    let folder = "\(parts[1])\(path)"
                    if controller == "memory" {
                        limitMemory(
                            read("\(folder)memory.limit_in_bytes"), usage: read("\(folder)memory.usage_in_bytes"))
                    } else if controller == "cpu" {
                        limitProcessor([read("\(folder)cpu.cfs_quota_us"), read("\(folder)cpu.cfs_period_us")])
                    }
                }
            }
        }
    }

    /// `/a/b/`, `/a/` and `/`; inside a container the group's own path may not exist, and the root is the group.
    private static func ancestors(_ path: String) -> [String] {
        var names = path.split(separator: "/")
        var found: [String] = []
        while !names.isEmpty {
            found.append("/" + names.joined(separator: "/") + "/")
            names.removeLast()
        }
        return found + ["/"]
    }

    private mutating func limitMemory(_ text: String, usage: String) {
        guard let limit = Int(text.trimmed), limit < min(Self.unlimited, memoryLimit ?? .max) else { return }
        memoryLimit = limit
        memoryUsage = Int(usage.trimmed)
    }

    private mutating func limitProcessor(_ words: [String]) {
        guard words.count == 2, let quota = Double(words[0].trimmed), let period = Double(words[1].trimmed), quota > 0,
            period > 0
        else { return }
        let cores = quota / period
        guard cores.isFinite else { return }
        processorQuota = min(processorQuota ?? .infinity, cores)
    }

    /// That of this process.
    public static var current: ControlGroup {
        ControlGroup(membership: SystemFile.text("/proc/self/cgroup")) { SystemFile.text("/sys/fs/cgroup/\($0)") }
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
