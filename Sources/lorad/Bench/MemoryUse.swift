import Adapters
import Foundation
import Models
import Tensors

/// What is in this process's memory, by kind, in bytes.
struct MemoryUse: Codable {
    /// The checkpoint's files.
    var mappedWeights: Int
    /// The part of them that is resident; other processes on the machine share it.
    var residentWeights: Int
    /// Trainable tensors.
    var adapter: Int
    /// AdamW's two moments of each.
    var optimizer: Int
    /// The most that activations, gradients and buffers took at a time.
    var activations: Int
    /// Buffers that were free at that time, kept to be used again.
    var spareBuffers: Int
    /// All that is resident now.
    var resident: Int
    /// What is resident and none of these: program, libraries, compiled products, tokenizer, examples.
    var other: Int

    init(_ adapted: AdaptedModel) {
        let maps = ProcessMeasures.residentMaps
        let pool = BufferPool.shared.statistics
        mappedWeights = adapted.folder.checkpoint.byteCount
        let folder = adapted.folder.url.resolvingSymlinksInPath().path
        residentWeights = maps.filter { $0.path.hasPrefix(folder) }.reduce(0) { $0 + $1.bytes }
        adapter = 4 * adapted.weights.plan.trainableCount
        optimizer = 2 * adapter
        activations = pool.peakBytesInUse - adapter - optimizer
        spareBuffers = pool.bytesReserved - pool.peakBytesInUse
        resident = maps.reduce(0) { $0 + $1.bytes }
        other = max(0, resident - residentWeights - pool.bytesReserved)
    }

    /// A line each, in megabytes.
    var lines: [String] {
        let kinds = [
            ("base weights, mapped", mappedWeights), ("resident part of these", residentWeights), ("adapter", adapter),
            ("optimizer", optimizer), ("activations and gradients, peak", activations),
            ("spare buffers", spareBuffers), ("program, compiled products, examples", other),
            (
                "resident in total", resident
            ),
        ]
        return kinds.map { name, bytes in
            name.padding(toLength: 36, withPad: " ", startingAt: 0) + String(format: "%9.1f MB", Double(bytes) / 1e6)
        }
    }
}

extension ProcessMeasures {
    /// Resident bytes of each mapping of this process, with its file; empty if the system does not report it.
    static var residentMaps: [(path: String, bytes: Int)] {
        // Such a file has no length of its own and comes in pieces.
        guard let file = FileHandle(forReadingAtPath: "/proc/self/smaps"), let data = try? file.readToEnd() else {
            return []
        }
        let text = String(decoding: data, as: UTF8.self)
        var maps: [(path: String, bytes: Int)] = []
        var path = ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            if words.count >= 5, words[0].contains("-") {
                path = words.count > 5 ? words[5].trimmingCharacters(in: .whitespaces) : ""
            } else if words.first == "Rss:", let kilobytes = words.dropFirst().first.flatMap({ Int($0) }) {
                maps.append((path, kilobytes << 10))
            }
        }
        return maps
    }
}
