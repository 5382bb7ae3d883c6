import Tensors

/// What the system says of memory, in bytes.
struct MemoryReading: Equatable, Sendable {
    /// What the machine has; `nil` if the system does not report it.
    var total: Int?
    /// Memory available to a process; `nil` if the system does not report it.
    var available: Int?
    /// The limit of the control group, if it is below the machine's memory.
    var limit: Int?

    /// Reads the text of `/proc/meminfo`, and lays a control group's limit over it.
    init(meminfo text: String, group: ControlGroup? = nil) {
        total = Self.value("MemTotal", in: text)
        available = Self.value("MemAvailable", in: text)
        guard let groupLimit = group?.memoryLimit, groupLimit < total ?? .max else { return }
        limit = groupLimit
        // The file cache counts as used and is given back under pressure: only the limit itself is certain.
        available = min(available ?? .max, groupLimit)
    }

    private static func value(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[2] == "kB", let kilobytes = Int(words[1]), kilobytes >= 0 else { return nil }
            return kilobytes.multipliedReportingOverflow(by: 1024).overflow ? nil : kilobytes * 1024
        }
        return nil
    }

    /// That of this machine, for this process.
    static var current: MemoryReading {
        MemoryReading(meminfo: SystemFile.text("/proc/meminfo"), group: .current)
    }
}
