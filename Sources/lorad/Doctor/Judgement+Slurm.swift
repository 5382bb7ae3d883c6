extension Judgement {
    /// Nothing outside of Slurm's jobs.
    static let ofSlurm: [Judgement] = [
        Judgement(subject: "slurm") { readings in
            guard let slurm = readings.slurm else { return [] }
            let place = [slurm.step.map { "step \($0)" }, slurm.node.map { "on \($0)" }].compactMap(\.self)
            let times = "\(slurm.restarts) time\(slurm.restarts == 1 ? "" : "s")"
            let text = (["job \(slurm.job)"] + place).joined(separator: " ")
            return [.ok("slurm", text + (slurm.restarts > 0 ? ", requeued \(times)" : ""))]
        },
        Judgement(subject: "slurm cores") { readings in
            guard let slurm = readings.slurm, let given = slurm.coresPerTask ?? slurm.coresOnNode else { return [] }
            let used = readings.processor.usable
            let text = "Slurm allocated \(given) core\(given == 1 ? "" : "s"), and lorad may use \(used)"
            if used > given {
                return [
                    .warning(
                        "slurm cores", text,
                        "the task is not bound to its cores: start it with srun --cpu-bind=cores, or give --lanes \(given)"
                    )
                ]
            }
            guard used < given else { return [.ok("slurm cores", text)] }
            return [
                .warning(
                    "slurm cores", text,
                    "srun does not inherit --cpus-per-task from sbatch: give srun --cpus-per-task=$SLURM_CPUS_PER_TASK")
            ]
        },
        Judgement(subject: "slurm memory") { readings in
            guard let slurm = readings.slurm else { return [] }
            let limit = readings.memory.limit.map { "a control group allows \($0.bytesText)" }
            // A step outside of a batch script is not told what its job asked for.
            guard let memory = slurm.memory else {
                return [.ok("slurm memory", limit ?? "neither Slurm nor a control group sets a limit")]
            }
            let text = "the job asked for \(memory.bytesText), \(limit ?? "no control group enforces it")"
            guard let enforced = readings.memory.limit, enforced < memory - memory / 20 else {
                return [.ok("slurm memory", text)]
            }
            return [
                .warning(
                    "slurm memory", text,
                    "the step gets only a part of it: give srun --mem=0 for all memory of the job")
            ]
        },
        Judgement(subject: "scratch") { readings in
            guard let slurm = readings.slurm else { return [] }
            let advice =
                "set data.feature_cache in the run file, or --feature-cache of workers, to a folder on the node's "
                + "own disk"
            guard let scratch = slurm.scratch else {
                return [
                    .ok("scratch", "TMPDIR names no folder: for a feature cache, choose one on the node's own disk")
                ]
            }
            let text = "\(scratch.folder): \(scratch.free.bytesText) free"
            switch scratch.medium {
            case .memory: return [.warning("scratch", "\(text), in memory, which counts against the job", advice)]
            case .network: return [.warning("scratch", "\(text), on a network file system", advice)]
            case .disk where scratch.free < 1 << 30: return [.warning("scratch", text, "free some space, or \(advice)")]
            case .disk: return [.ok("scratch", "\(text), for the feature cache")]
            }
        },
    ]
}
