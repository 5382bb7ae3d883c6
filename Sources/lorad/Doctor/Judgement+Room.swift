import Adapters

extension Judgement {
    static let ofRoom: [Judgement] = [
        Judgement(subject: "memory") { readings in
            let memory = readings.memory
            guard let available = memory.available else { return [.ok("memory", "the system does not tell")] }
            let limit = memory.limit.map { ", limited to \($0.bytesText) by a control group" } ?? ""
            let text = "\(available.bytesText) of \((memory.total ?? available).bytesText) available\(limit)"
            let action =
                "end other programs or raise the limit; lorad train --config RUN.yaml --dry-run tells what a run takes"
            if available < 256 << 20 { return [.problem("memory", text, action)] }
            return available < 2 << 30 ? [.warning("memory", text, action)] : [.ok("memory", text)]
        },
        Judgement(subject: "disk") { readings in readings.disks.map(disk) },
        Judgement(subject: "open files") { readings in
            let files = readings.limits.openFiles
            let workers = max(0, (files - 100) / 5)
            let text = "\(files) at a time, enough for \(workers.grouped) workers of a coordinator"
            let action = "raise it with ulimit -n 4096, or LimitNOFILE= of a service"
            if files < 64 { return [.problem("open files", text, action)] }
            return files < 1024 ? [.warning("open files", text, action)] : [.ok("open files", text)]
        },
        Judgement(subject: "address space") { readings in
            guard let space = readings.limits.addressSpace else { return [] }
            return [
                .warning(
                    "address space", "limited to \(space.bytesText)",
                    "models are mapped into it, and larger ones cannot be opened: ulimit -v unlimited")
            ]
        },
    ]

    private static func disk(_ disk: DiskReading) -> Finding {
        let place = "\(disk.purpose) (\(disk.folder))"
        if let refusal = disk.refusal {
            return .warning(
                "disk", "\(place): nothing can be written: \(refusal)",
                disk.purpose == "current folder"
                    ? "change into a folder of your own, or set training.output_dir to one"
                    : "coordinators and workers write there: give --state DIR, or its owner's rights")
        }
        guard let free = disk.free else { return .ok("disk", "\(place): can be written to") }
        let text = "\(place): \(free.bytesText) free"
        let action = "make room: checkpoints take three times the adapter each, downloads the size of the model"
        if free < 50 << 20 { return .problem("disk", text, action) }
        return free < 1 << 30 ? .warning("disk", text, action) : .ok("disk", text)
    }
}
