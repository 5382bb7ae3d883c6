import Foundation
import Testing

@testable import lorad

@Suite("The doctor's judgement")
struct JudgementTests {
    /// A machine that nothing is wrong with.
    static let healthy = MachineReadings(
        processor: ProcessorReading(cpuinfo: "model name: A\nflags: avx2 amx_bf16", cores: 8),
        memory: MemoryReading(meminfo: "MemTotal: 33554432 kB\nMemAvailable: 16777216 kB"),
        disks: [DiskReading(purpose: "state", folder: "/home/x", free: 100 << 30)],
        ports: [PortReading(port: 0), PortReading(port: 7700)], limits: LimitReading(openFiles: 4096),
        libraries: ["oneDNN 2.7.2", "OpenBLAS 0.3.21"], multipliesBFloat16: true,
        speed: SpeedReading(
            products: [.init(type: "fp32", library: "oneDNN", gflopsOfOneCore: 100, gflopsOfAll: 790)],
            copiedGigabytesPerSecond: 20),
        terminalEncoding: "UTF-8", time: Date(timeIntervalSince1970: 1_800_000_000))

    /// A job that fits the machine, with some variables changed.
    static func slurmJob(
        _ changes: [String: String] = [:], _ scratch: ScratchReading? = nil
    ) -> SlurmReading? {
        let given = [
            "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURMD_NODENAME": "n1", "SLURM_CPUS_PER_TASK": "8",
            "SLURM_MEM_PER_NODE": "8000", "SLURM_RESTART_COUNT": "2", "TMPDIR": "/scratch",
        ]
        return SlurmReading(environment: given.merging(changes) { $1 }) { folder in
            scratch ?? ScratchReading(folder: folder, medium: .disk, free: 100 << 30)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let subject: String
        let state: Finding.State
        let words: String
        let change: @Sendable (inout MachineReadings) -> Void

        init(
            _ subject: String, _ state: Finding.State, _ words: String,
            _ change: @escaping @Sendable (inout MachineReadings) -> Void
        ) {
            (self.subject, self.state, self.words, self.change) = (subject, state, words, change)
        }

        var testDescription: String { "\(subject): \(words)" }
    }

    static let cases: [Case] = [
        Case("processor", .warning, "AVX2") { $0.processor.features = ["sse4_2"] },
        Case("cores", .warning, "lorad uses 2 lanes → set the group's limit to a whole number") {
            $0.processor.quota = 2.5
        },
        Case("libraries", .warning, "install libopenblas0") {
            $0.libraries = ["oneDNN 2.7.2", "OpenBLAS not installed"]
        },
        Case("speed", .warning, "reach 38% of 8 times one core") { $0.speed?.products[0].gflopsOfAll = 300 },
        Case("memory", .warning, "1.1 GB of 34 GB") { $0.memory.available = 1 << 30 },
        Case("memory", .problem, "--dry-run") { $0.memory.available = 100 << 20 },
        Case("disk", .warning, "1.0 GB free") { $0.disks[0].free = 1_000_000_000 },
        Case("disk", .problem, "each checkpoint") { $0.disks[0].free = 1 << 20 },
        Case("disk", .warning, "Permission denied") { $0.disks[0].refusal = "Permission denied" },
        Case("network", .warning, "lorad cannot listen on port 7700") {
            $0.ports[1].refusal = "Address already in use"
        },
        Case("network", .problem, "loopback") { $0.ports[0].refusal = "Cannot assign requested address" },
        Case("open files", .warning, "LimitNOFILE") { $0.limits.openFiles = 256 },
        Case("open files", .problem, "ulimit -n") { $0.limits.openFiles = 32 },
        Case("address space", .warning, "ulimit -v unlimited") { $0.limits.addressSpace = 4 << 30 },
        Case("clock", .problem, "1970-01-01") { $0.time = Date(timeIntervalSince1970: 0) },
        Case("slurm cores", .warning, "Slurm allocated 4 cores, and lorad may use 8 → the task is not bound") {
            $0.slurm = Self.slurmJob(["SLURM_CPUS_PER_TASK": "4"])
        },
        Case("slurm cores", .warning, "srun --cpus-per-task=$SLURM_CPUS_PER_TASK") {
            $0.slurm = Self.slurmJob(["SLURM_CPUS_PER_TASK": "16"])
        },
        Case("slurm memory", .warning, "asked for 10 GB, a control group allows 4.3 GB → the step gets only a part") {
            $0.slurm = Self.slurmJob(["SLURM_MEM_PER_NODE": "10000"])
            $0.memory.limit = 4 << 30
        },
        Case("scratch", .warning, "in memory, which counts against the job") {
            $0.slurm = Self.slurmJob([:], ScratchReading(folder: "/tmp", medium: .memory, free: 8 << 30))
        },
        Case("scratch", .warning, "on a network file system") {
            $0.slurm = Self.slurmJob([:], ScratchReading(folder: "/tmp", medium: .network, free: 8 << 30))
        },
        Case("scratch", .warning, "free some space") {
            $0.slurm = Self.slurmJob([:], ScratchReading(folder: "/tmp", medium: .disk, free: 8 << 20))
        },
        Case("terminal", .warning, "ISO-8859-1") { $0.terminalEncoding = "ISO-8859-1" },
    ]

    @Test("names the part, how bad it is, and what to change", arguments: cases)
    func trouble(trouble: Case) throws {
        var readings = Self.healthy
        trouble.change(&readings)
        let findings = Judgement.findings(on: readings).filter { $0.state != .ok }
        let finding = try #require(findings.first)
        #expect(findings.count == 1 && finding.subject == trouble.subject && finding.state == trouble.state)
        #expect("\(finding.text) → \(finding.action ?? "")".contains(trouble.words), "\(finding)")
        #expect(findings.state == trouble.state)
        #expect(findings.lines().count == 2)
    }

    @Test("has nothing to change where all is well, and tells every part")
    func health() {
        let findings = Judgement.findings(on: Self.healthy)
        #expect(findings.state == .ok && findings.allSatisfy { $0.action == nil })
        #expect(findings.map(\.subject).contains("fp32 products"))
        #expect(findings.lines().first?.hasPrefix("ok") == true)
    }

    @Test("tells of a Slurm job that fits, and says nothing of Slurm elsewhere")
    func fittingJob() {
        var readings = Self.healthy
        #expect(!Judgement.findings(on: readings).contains { $0.subject.hasPrefix("slurm") })
        readings.slurm = Self.slurmJob()
        let findings = Judgement.findings(on: readings)
        #expect(findings.state == .ok)
        #expect(findings.contains(.ok("slurm", "job 7 step 0 on n1, requeued 2 times")))
        #expect(findings.contains { $0.subject == "scratch" && $0.text.contains("/scratch") })
        for untold in ["", "0"] {
            readings.slurm = Self.slurmJob(["SLURM_MEM_PER_NODE": untold])
            #expect(Judgement.findings(on: readings).state == .ok)
        }
    }

    @Test("goes on where the system does not tell")
    func silence() {
        var readings = Self.healthy
        readings.processor = ProcessorReading(cpuinfo: "", cores: 4)
        readings.memory = MemoryReading(meminfo: "")
        readings.speed = nil
        readings.terminalEncoding = nil
        #expect(Judgement.findings(on: readings).state == .ok)
    }
}
