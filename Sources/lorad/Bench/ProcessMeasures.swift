import Foundation

/// What the system says of this process.
enum ProcessMeasures {
    /// The most memory that was resident at any time (`VmHWM`), in bytes; 0 if the system does not report it.
    static var peakResident: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let match = text.firstMatch(of: /VmHWM:\s*([0-9]+) kB/), let kilobytes = Int(match.1)
        else { return 0 }
        return kilobytes << 10
    }

    /// Seconds of processor time that this process took, its system calls included.
    static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension Collection where Element == Double {
    /// The middle value, the mean of the middle two of an even number; 0 of none.
    var median: Double {
        let values = sorted()
        guard !values.isEmpty else { return 0 }
        return (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
    }
}

extension Encodable {
    /// One JSON object, its keys as run files have them.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
