import Foundation

extension BlobFolder {
    /// A file of the folder, as its name and the file system tell.
    struct Entry: Sendable {
        var id: BlobID
        var path: String
        /// Bytes of the contents.
        var size: Int
        /// Nanoseconds since 1970.
        var lastUsed: Int64
    }

    /// The complete blobs.
    func entries() -> [Entry] {
        contents.names.flatMap { prefix in
            names(in: prefix).compactMap { name in
                guard let id = try? BlobID(text: prefix + name), let status = FileStatus(path: path(of: id)) else {
                    return nil
                }
                let used = FileStatus(path: manifestPath(of: id))?.modified ?? 0
                return Entry(id: id, path: path(of: id), size: status.size, lastUsed: used)
            }
        }
    }

    /// The blobs on their way in, by any process.
    func partialEntries() -> [Entry] {
        partials.names.compactMap { name in
            let path = partials.path + "/" + name
            guard name.hasSuffix(PartialBlob.suffix), let id = try? BlobID(text: String(name.prefix(64))),
                let status = FileStatus(path: path)
            else { return nil }
            return Entry(id: id, path: path, size: status.size, lastUsed: status.modified)
        }
    }

    /// Deletes every blob but those to be kept, and what writers that were killed have left behind.
    ///
    /// Only for a folder that no other process uses.
    func removeOrphans(keeping kept: Set<BlobID>) {
        for name in partials.names { unlink(partials.path + "/" + name) }
        for prefix in contents.names {
            for name in names(in: prefix) {
                let text = name.hasSuffix(Self.manifestSuffix) ? String(name.dropLast(Self.manifestSuffix.count)) : name
                guard let id = try? BlobID(text: prefix + text), !kept.contains(id) else { continue }
                unlink("\(contents.path)/\(prefix)/\(name)")
            }
        }
    }

    private func names(in prefix: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: contents.path + "/" + prefix)) ?? []
    }
}
