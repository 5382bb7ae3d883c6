import Foundation

/// The files of a dataset that has several: one, those of a folder, those of a range such as
/// `data/{000000..000003}.tar`, those of a pattern such as `data/train-*.parquet`, or those that a text file lists.
enum ShardList {
    private static let limit = 100_000

    /// Whether a path stands for several files: a range of names, or a pattern that is no file's name.
    static func isRange(_ path: String) -> Bool {
        range(in: path) != nil || ShardPattern(path) != nil && !FileManager.default.fileExists(atPath: path)
    }

    /// The paths, in order.
    ///
    /// - Throws: `TrainingError` if there are none, or a folder or list cannot be read.
    static func shards(at path: String, of kind: ShardKind = .tar) throws -> [String] {
        if range(in: path) != nil { return try expanded(path) }
        if isRange(path), let pattern = ShardPattern(path) {
            let paths = try pattern.paths()
            let names = paths.map { URL(filePath: $0).lastPathComponent }
            if kind == .parquet { try SplitNames.checkParts(names, of: path) }
            return paths
        }
        if FolderEntries.isFolder(path) {
            let names = try FolderEntries.visible(in: path).filter { $0.hasSuffix(kind.ending) }
            guard !names.isEmpty else {
                throw TrainingError(
                    .invalidDataset, "\(path): contains no \(kind.plural): expected files named *\(kind.ending)")
            }
            if kind == .parquet { try SplitNames.check(names, in: path) }
            return names.map { "\(path)/\($0)" }
        }
        if path.hasSuffix(kind.ending) { return [path] }
        return try kind.isOne(MappedText.map(path)) ? [path] : list(path, kind)
    }

    /// The files that a text file names, a line each, relative to its folder.
    private static func list(_ path: String, _ kind: ShardKind) throws -> [String] {
        let folder = FolderEntries.parent(of: path)
        return try lines(of: path, kind).reduce(into: []) { shards, name in
            shards += try expanded(name.hasPrefix("/") ? name : "\(folder)/\(name)")
            guard shards.count <= limit else { throw tooMany(path) }
        }
    }

    /// The lines of a text file that names files of a kind or ranges of them, and nothing else.
    ///
    /// - Throws: `TrainingError` if it cannot be read, or is no such file.
    static func lines(of path: String, _ kind: ShardKind = .tar) throws -> [String] {
        let data = try MappedText.map(path)
        let lines =
            data.count <= 1 << 26 ? String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline) : []
        let names = lines.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !names.isEmpty, names.allSatisfy({ $0.hasSuffix(kind.ending) }) else {
            throw TrainingError(
                .invalidDataset, "\(path): expected a \(kind.name), or a list of their paths, one per line")
        }
        return names
    }

    private static func tooMany(_ path: String) -> TrainingError {
        TrainingError(.invalidDataset, "\(path): stands for more than \(limit) files")
    }

    private static func range(in path: String) -> Regex<(Substring, Substring, Substring)>.Match? {
        path.firstMatch(of: /\{([0-9]{1,9})\.\.([0-9]{1,9})\}/)
    }

    /// The path with each range replaced by its numbers, which have as many digits as the longer bound.
    private static func expanded(_ path: String) throws -> [String] {
        var paths = [path]
        while let found = paths.first.flatMap(range(in:)) {
            guard let first = Int(found.1), let last = Int(found.2), first <= last else {
                throw TrainingError(.invalidDataset, "\(path): expected a range from the lower to the higher number")
            }
            guard (last - first + 1) * paths.count <= limit else {
                throw tooMany(path)
            }
            let width = max(found.1.count, found.2.count)
            paths = paths.flatMap { path in
                range(in: path).map { match in
                    (first...last).map { number in
                        let digits = "\(number)"
                        let zeros = String(repeating: "0", count: width - digits.count)
                        return path.replacingCharacters(in: match.range, with: zeros + digits)
                    }
                } ?? [path]
            }
        }
        return paths
    }
}
