import Foundation
import Synchronization
import Tensors

/// Tensors in files that are named by keys, within a limit; several processes may use it at once.
final class FeatureFolder: Sendable {
    private static let tensorName = "features"
    /// How old the note of a file's last use may become before it is written again.
    private static let useInterval: TimeInterval = 3_600

    private let url: URL
    private let limit: Int
    /// Bytes of the files as far as this process knows.
    private let size: Mutex<Int>

    init(_ url: URL, limit: Int) throws {
        self.url = url
        self.limit = limit
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw TrainingError(
                .fileNotFound, "\(url.path): the folder of data.feature_cache cannot be created", cause: error)
        }
        size = Mutex(Self.files(in: url).reduce(0) { $0 + $1.size })
    }

    /// The tensor of a key; `nil` if absent, or none that can be read.
    func read(_ key: String) -> Tensor? {
        let path = path(of: key)
        guard let tensor = try? SafetensorsFile(path: path)[Self.tensorName] else { return nil }
        noteUse(of: path)
        return tensor
    }

    /// Keeps a tensor, and makes room where the folder has grown beyond its limit.
    func write(_ tensor: Tensor, _ key: String) throws {
        let path = path(of: key)
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try StateDict([(Self.tensorName, tensor)]).write(to: path)
        } catch {
            throw TrainingError(
                .writeFailed,
                "\(path): features cannot be stored; free some space, lower data.feature_cache_gigabytes, or remove "
                    + "data.feature_cache",
                cause: error)
        }
        let isFull = size.withLock { size in
            size += tensor.byteCount
            return size > limit
        }
        if isFull { makeRoom() }
    }

    /// Removes what was not used for longest until a tenth of the limit is free.
    private func makeRoom() {
        let files = Self.files(in: url).sorted { $0.used < $1.used }
        var total = files.reduce(0) { $0 + $1.size }
        for file in files where total > limit - limit / 10 {
            try? FileManager.default.removeItem(at: file.url)
            total -= file.size
        }
        size.withLock { $0 = total }
    }

    private func path(of key: String) -> String {
        url.appending(path: "\(key.prefix(2))/\(key).safetensors").path
    }

    private func noteUse(of path: String) {
        let used = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        guard let used, Date.now.timeIntervalSince(used) > Self.useInterval else { return }
        try? FileManager.default.setAttributes([.modificationDate: Date.now], ofItemAtPath: path)
    }

    private static func files(in url: URL) -> [(url: URL, size: Int, used: Date)] {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey, .isRegularFileKey]
        let walk = FileManager.default.enumerator(at: url, includingPropertiesForKeys: Array(keys))
        return (walk?.compactMap { $0 as? URL } ?? []).compactMap { file in
            guard file.pathExtension == "safetensors", let values = try? file.resourceValues(forKeys: keys),
                values.isRegularFile == true, let size = values.fileSize, let used = values.contentModificationDate
            else { return nil }
            return (file, size, used)
        }
    }
}
