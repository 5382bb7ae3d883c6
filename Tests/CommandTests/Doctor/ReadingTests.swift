import Foundation
import Tensors
import Testing

@testable import lorad

@Suite("What the system says of a machine")
struct ReadingTests {
    @Test("is read from /proc/cpuinfo as x86 writes it")
    func intel() {
        let text = """
            processor\t: 0
            model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
            flags\t\t: fpu avx2 avx512f avx512_bf16 amx_bf16
            bugs\t\t: spectre_v1

            processor\t: 1
            model name\t: another
            flags\t\t: fpu
            """
        let reading = ProcessorReading(cpuinfo: text, cores: 2)
        #expect(reading.model == "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz")
        #expect(reading.features == ["fpu", "avx2", "avx512f", "avx512_bf16", "amx_bf16"])
    }

    @Test("is read from /proc/cpuinfo as ARM writes it, and from one that is not there")
    func arm() {
        let text = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd i8mm bf16\nCPU implementer\t: 0x41\n"
        #expect(ProcessorReading(cpuinfo: text).features == ["fp", "asimd", "i8mm", "bf16"])
        #expect(ProcessorReading(cpuinfo: "").features.isEmpty)
        #expect(ProcessorReading(cpuinfo: "flags:\nmodel name\n:").model.isEmpty)
    }

    @Test("is read from /proc/meminfo in kibibytes, and is unknown where a line is missing or odd")
    func memory() {
        let text = "MemTotal:       24684096 kB\nMemFree:         100 kB\nMemAvailable:    6957472 kB\n"
        #expect(MemoryReading(meminfo: text).total == 24_684_096 << 10)
        #expect(MemoryReading(meminfo: text).available == 6_957_472 << 10)
        for odd in [
            "", "MemTotal: many kB", "MemTotal: 5 MB", "MemTotal:", "MemTotal: 9223372036854775807 kB",
            "MemTotal: -1 kB",
        ] {
            #expect(MemoryReading(meminfo: odd).total == nil, "\(odd)")
        }
    }

    @Test("is the control group's limit where that is lower than what the machine has")
    func limitedMemory() {
        let text = "MemTotal: 1000 kB\nMemAvailable: 800 kB\n"
        var group = ControlGroup(membership: "") { _ in "" }
        group.memoryLimit = 500 << 10
        let limited = MemoryReading(meminfo: text, group: group)
        #expect(limited.limit == 500 << 10 && limited.available == 500 << 10)
        group.memoryLimit = 2000 << 10
        #expect(MemoryReading(meminfo: text, group: group) == MemoryReading(meminfo: text))
    }

    @Test("has limits of version 2 control groups, of those above too")
    func secondVersion() {
        let files = [
            "/a/memory.max": "max\n", "/memory.max": "1048576\n", "/memory.current": "4096\n",
            "/a/cpu.max": "150000 100000\n",
            "/cpu.max": "max 100000\n",
        ]
        let group = ControlGroup(membership: "0::/a\n") { files[$0] ?? "" }
        #expect(group.memoryLimit == 1 << 20 && group.memoryUsage == 4096 && group.processorQuota == 1.5)
    }

    @Test("has limits of version 1 control groups, whose largest number means none")
    func firstVersion() {
        let files = [
            "memory/docker/x/memory.limit_in_bytes": "2097152\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ]
        let membership = "4:memory:/docker/x\n1:cpu,cpuacct:/docker/x\n9:name=systemd:/\n0::/\n"
        let group = ControlGroup(membership: membership) { files[$0] ?? "" }
        #expect(group.memoryLimit == 2 << 20 && group.processorQuota == nil)
        let other = ControlGroup(membership: "broken\n::\n:::") { _ in "50000" }
        #expect(other.processorQuota == nil)
    }

    @Test("is what Slurm's variables say of a job, and nothing outside of one")
    func slurm() throws {
        #expect(SlurmReading(environment: [:]) == nil && SlurmReading(environment: ["SLURM_JOB_ID": ""]) == nil)
        let environment = [
            "SLURM_JOB_ID": "12", "SLURM_CPUS_ON_NODE": "4", "SLURM_MEM_PER_CPU": "500",
            "SLURM_TASKS_PER_NODE": "2(x3),1",
        ]
        let reading = try #require(SlurmReading(environment: environment))
        #expect(reading.memory == 2000 << 20 && reading.tasksOnNode == 2 && reading.coresPerTask == nil)
        for odd in ["", "-4", "many", "9223372036854775807"] {
            let broken = environment.merging(["SLURM_MEM_PER_NODE": odd, "SLURM_CPUS_PER_TASK": odd]) { $1 }
            let memory = SlurmReading(environment: broken)?.memory
            #expect(memory == nil || memory == 2000 << 20, "\(odd)")
        }
    }

    @Test("tells what a folder lies on")
    func scratch() throws {
        let mounts = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            30 22 0:26 / /tmp rw,nosuid - tmpfs tmpfs rw
            31 30 0:44 / /tmp/my\\040jobs rw - nfs4 server:/jobs rw
            32 22 0:50 / /scratch rw - fuse.sshfs host: rw
            broken -
            """
        let media: [(String, ScratchReading.Medium)] = [
            ("/home/x", .disk), ("/tmp", .memory), ("/tmp/x", .memory), ("/tmp/my jobs/7", .network),
            ("/scratch/a", .network), ("/scratchy", .disk),
        ]
        for (folder, medium) in media { #expect(ScratchReading.medium(of: folder, mounts: mounts) == medium) }
        #expect(ScratchReading.medium(of: "/tmp", mounts: "") == .disk)
        let folder = try TemporaryFolder()
        #expect((ScratchReading(folder: folder.path)?.free ?? 0) > 0)
        #expect(ScratchReading(folder: "\(folder.path)/none") == nil)
    }

    @Test("tells of a folder that is not there by the nearest one above")
    func folders() throws {
        let folder = try TemporaryFolder()
        let reading = DiskReading(purpose: "state", of: URL(filePath: "\(folder.path)/a/b"))
        #expect(reading.refusal == nil && (reading.free ?? 0) > 0)
        #expect(URL(filePath: reading.folder).lastPathComponent == URL(filePath: folder.path).lastPathComponent)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect(DiskReading(purpose: "x", of: URL(filePath: "/proc/none")).refusal != nil)
    }

    @Test("takes no more memory to measure copies than a quarter of what there is, and none where there is too little")
    func copies() throws {
        let (mebi, gibi) = (1 << 20, 1 << 30)
        for (cores, memory, threads, bytes) in [
            (2, nil, 2, 64 * mebi), (64, 64 * gibi, 16, 64 * mebi), (16, gibi, 16, 8 * mebi),
            (16, 256 * mebi, 4, 8 * mebi),
            (1, 256 * mebi, 1, 32 * mebi),
        ] as [(Int, Int?, Int, Int)] {
            let plan = try #require(SpeedReading.copyPlan(cores: cores, memory: memory))
            #expect(plan.threads == threads && plan.bytes == bytes, "\(plan)")
        }
        #expect(SpeedReading.copyPlan(cores: 2, memory: 255 * mebi) == nil)
        #expect(SpeedReading.measured(cores: 2, memory: 40 * mebi) == nil)
    }

    @Test("tells whether a port is taken")
    func ports() throws {
        #expect(PortReading(listeningOn: 0).refusal == nil)
        let socket = try ListeningSocket()
        #expect(PortReading(listeningOn: socket.port).refusal != nil)
    }
}
