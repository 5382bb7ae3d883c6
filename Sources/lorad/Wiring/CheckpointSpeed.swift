import Foundation

/// How long a checkpoint takes to write, measured with a file of the same size, or of a part of it.
struct CheckpointSpeed {
    /// The contents of a checkpoint.
    let bytes: Int
    /// Seconds until it is on the disk.
    let seconds: Double
    /// Why nothing could be measured; `nil` if it was.
    let refusal: String?

    /// The most that is written.
    private static let limit = 64 << 20
    /// Assumed bytes per second if nothing can be written yet.
    private static let assumed = 50e6

    /// Writes to the folder, or to the nearest one above it that exists; the file is removed at once.
    init(bytes: Int, folder: URL) {
        self.bytes = bytes
        var folder = folder.standardizedFileURL
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            folder.deleteLastPathComponent()
        }
        let written = min(max(1, bytes), Self.limit)
        switch Self.write(written, in: folder.path) {
        case .success(let time):
            seconds = time * max(1, Double(bytes) / Double(written))
            refusal = nil
        case .failure(let error):
            seconds = Double(bytes) / Self.assumed
            refusal = "\(folder.path): \(error.reason)"
        }
    }

    /// A known time.
    init(bytes: Int, seconds: Double) { (self.bytes, self.seconds, refusal) = (bytes, seconds, nil) }

    private struct Refusal: Error { let reason: String }

    private static func write(_ count: Int, in folder: String) -> Result<Double, Refusal> {
        var template = Array("\(folder)/.lorad-speed-XXXXXX".utf8CString)
        let start = ContinuousClock.now
        let file = mkstemp(&template)
        func refusal() -> Result<Double, Refusal> { .failure(Refusal(reason: String(cString: strerror(errno)))) }
        guard file >= 0 else { return refusal() }
        defer {
            close(file)
            unlink(template)
        }
        let block = [UInt8](repeating: 1, count: min(count, 1 << 20))
        var left = count
        while left > 0 {
            let written = Foundation.write(file, block, min(left, block.count))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return refusal() }
            left -= written
        }
        guard fsync(file) == 0 else { return refusal() }
        return .success((ContinuousClock.now - start) / .seconds(1))
    }

    /// A notice if nothing was measured.
    var remark: String? {
        refusal.map {
            "  assuming 50 MB/s for the checkpoint, because the folder is not writable: \($0)"
        }
    }
}
