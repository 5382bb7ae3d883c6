import Foundation
import Tensors

/// What Slurm says that it gave the job or step that this process belongs to.
struct SlurmReading: Equatable, Sendable {
    /// The job's number, and the step's; `nil` in the batch script itself.
    var job: String
    var step: String?
    var node: String?
    /// Cores of each task, as the job asked for them.
    var coresPerTask: Int?
    /// Cores of the job on this node.
    var coresOnNode: Int?
    /// Tasks of the step on this node.
    var tasksOnNode: Int?
    /// Bytes that the job may take on this node; `nil` where no variable tells, or it has all (`--mem=0`).
    var memory: Int?
    /// How often the job was requeued.
    var restarts = 0
    /// A folder on this node's own disk, and what is under it; `nil` where no variable names one.
    var scratch: ScratchReading?

    /// Reads a process's environment.
    ///
    /// - Parameter scratch: looks at a folder.
    /// - Returns: `nil` outside of Slurm's jobs.
    init?(environment: [String: String], scratch look: (String) -> ScratchReading? = { _ in nil }) {
        func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }
        guard let job = environment["SLURM_JOB_ID"], !job.isEmpty else { return nil }
        self.job = job
        step = environment["SLURM_STEP_ID"]
        node = environment["SLURMD_NODENAME"]
        coresPerTask = number("SLURM_CPUS_PER_TASK")
        coresOnNode = number("SLURM_CPUS_ON_NODE")
        // `2(x3),1`: as many on each of the nodes that follow.
        tasksOnNode = (environment["SLURM_STEP_TASKS_PER_NODE"] ?? environment["SLURM_TASKS_PER_NODE"])
            .flatMap { Int($0.prefix { $0.isNumber }) }
        restarts = number("SLURM_RESTART_COUNT") ?? 0
        let megabytes =
            number("SLURM_MEM_PER_NODE")
            ?? number("SLURM_MEM_PER_CPU").map { $0.multipliedReportingOverflow(by: coresOnNode ?? 1).partialValue }
        memory = megabytes.flatMap { $0 > 0 && $0 < 1 << 40 ? $0 << 20 : nil }
        scratch = ["SLURM_TMPDIR", "TMPDIR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }.flatMap(look)
    }

    /// That of this process.
    static var current: SlurmReading? {
        SlurmReading(environment: ProcessInfo.processInfo.environment) { ScratchReading(folder: $0) }
    }
}

/// A folder for what is needed only while a job runs.
struct ScratchReading: Equatable, Sendable {
    /// What the folder is on.
    enum Medium: String, Sendable {
        case disk, memory, network
    }

    var folder: String
    var medium: Medium
    /// Bytes that may still be written.
    var free: Int

    init(folder: String, medium: Medium, free: Int) {
        (self.folder, self.medium, self.free) = (folder, medium, free)
    }

    /// Asks the system; `nil` where there is no such folder.
    init?(folder: String) {
        var statistics = statvfs()
        guard statvfs(folder, &statistics) == 0 else { return nil }
        let free = UInt64(statistics.f_bavail).multipliedReportingOverflow(by: UInt64(statistics.f_frsize))
        let path = URL(filePath: folder).resolvingSymlinksInPath().path
        self.init(
            folder: folder, medium: Self.medium(of: path, mounts: SystemFile.text("/proc/self/mountinfo")),
            free: Int(clamping: free.partialValue))
    }

    private static let networks: Set<String> = [
        "9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "orangefs", "panfs",
        "pvfs2",
        "smb3", "smbfs", "wekafs",
    ]

    /// What a folder is on.
    ///
    /// - Parameter mounts: the text of `/proc/self/mountinfo`: a line for each mount, with its folder in the fifth
    ///   column, and the type of its file system after ` - `. The last one with the longest folder counts.
    static func medium(of folder: String, mounts: String) -> Medium {
        var (best, type) = (-1, "")
        for line in mounts.split(separator: "\n") {
            let columns = line.split(separator: " ")
            guard columns.count > 5, let dash = columns.firstIndex(of: "-"), dash + 1 < columns.count else { continue }
            // The system writes spaces as octal numbers.
            let mount = columns[4].replacing("\\040", with: " ")
            let isAbove = mount == "/" || folder == mount || folder.hasPrefix(mount + "/")
            if isAbove, mount.count >= best { (best, type) = (mount.count, String(columns[dash + 1])) }
        }
        if ["tmpfs", "ramfs"].contains(type) { return .memory }
        return networks.contains(type) || type.hasPrefix("fuse") ? .network : .disk
    }
}
