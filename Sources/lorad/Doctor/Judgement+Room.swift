import Adapters

extension Judgement {
    static let ofRoom: [Judgement] = [
        Judgement(subject: "memory") { readings in
            let memory = readings.memory
            guard let available = memory.available else { return [.ok("memory", "the system does not report it")] }
            let limit = memory.limit.map { ", limited to \($0.bytesText) by a control group" } ?? ""
            let text = "\(available.bytesText) of \((memory.total ?? available).bytesText) available\(limit)"
            let action =
                "stop other programs or raise the limit; lorad train --config RUN.yaml --dry-run shows what a run needs"
            if available < 256 << 20 { return [.problem("memory", text, action)] }
            return available < 2 << 30 ? [.warning("memory", text, action)] : [.ok("memory", text)]
        },
        Judgement(subject: "disk") { readings in readings.disks.map(disk) },
        Judgement(subject: "open files") { readings in
            let files = readings.limits.openFiles
            let workers = max(0, (files - 100) / 5)
            let text = "\(files) at a time, enough for a coordinator with \(workers.grouped) workers"
            let action = "raise it with ulimit -n 4096, or with LimitNOFILE= in a service"
            if files < 64 { return [.problem("open files", text, action)] }
            return files < 1024 ? [.warning("open files", text, action)] : [.ok("open files", text)]
        },
        Judgement(subject: "address space") { readings in
            guard let space = readings.limits.addressSpace else { return [] }
            return [
                .warning(
                    "address space", "limited to \(space.bytesText)",
                    "models are mapped into it, so larger ones cannot be opened; run: ulimit -v unlimited")
            ]
        },
    ]

    private static func disk(_ disk: DiskReading) -> Finding {
        let place = "\(disk.purpose) (\(disk.folder))"
        if let refusal = disk.refusal {
            return .warning(
                "disk", "\(place): not writable: \(refusal)",
                disk.purpose == "current folder"
                    ? "change to a folder that you can write to, or set training.output_dir to one"
                    : "coordinators and workers write there: give --state DIR, or run as the folder's owner")
        }
        guard let free = disk.free else { return .ok("disk", "\(place): writable") }
        let text = "\(place): \(free.bytesText) free"
        let action =
            "free some space: each checkpoint takes three times the size of the adapter, a download the size of the "
            + "model"
        if free < 50 << 20 { return .problem("disk", text, action) }
        return free < 1 << 30 ? .warning("disk", text, action) : .ok("disk", text)
    }
}
