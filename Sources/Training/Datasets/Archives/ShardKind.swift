import Foundation

/// What the files of a dataset that has several are.
enum ShardKind: Sendable {
    case tar, parquet

    /// What their names end with.
    var ending: String { self == .tar ? ".tar" : ".parquet" }

    /// What one is called in messages.
    var name: String { self == .tar ? "tar archive" : "Parquet file" }

    /// What some are called in messages.
    var plural: String { self == .tar ? "archives" : "Parquet files" }

    /// Whether data begins as such a file does.
    func isOne(_ data: Data) -> Bool { self == .tar ? TarArchive.isOne(data) : ParquetFile.isOne(data) }
}

/// A path whose last part has `*`, which stands for any characters.
struct ShardPattern {
    private let path: String
    private let folder: String
    private let pieces: [String]

    /// `nil` if the last part of a path has no `*`, or another one has.
    init?(_ path: String) {
        folder = FolderEntries.parent(of: path)
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        pieces = name.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        self.path = path
        guard pieces.count > 1, !folder.contains("*") else { return nil }
    }

    /// The files whose names fit, in the order of their bytes.
    ///
    /// - Throws: `TrainingError` if there are none, or the folder cannot be read.
    func paths() throws -> [String] {
        let names = try FolderEntries.visible(in: folder).filter(fits)
        guard !names.isEmpty else { throw TrainingError(.fileNotFound, "\(path): no file name matches") }
        return names.map { "\(folder)/\($0)" }
    }

    private func fits(_ name: String) -> Bool {
        guard let first = pieces.first, let last = pieces.last, name.hasPrefix(first) else { return false }
        var rest = name.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}
