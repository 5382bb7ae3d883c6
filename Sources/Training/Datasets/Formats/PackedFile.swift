import Foundation
import Tensors

/// Files that are known by their first bytes and are not read, pointers of Git LFS among them.
enum PackedFile {
    private static let kinds: [(bytes: [UInt8], text: String)] = [
        ([0x1F, 0x8B, 0x08], "is compressed with gzip: unpack it with gunzip"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed with zstd: unpack it with unzstd"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "is compressed with xz: unpack it with unxz"),
        ([0x42, 0x5A, 0x68, 0x39], "is compressed with bzip2: unpack it with bunzip2"),
        ([0x50, 0x4B, 0x03, 0x04], "is a zip archive: unpack it and give its folder"),
        (Array("ARROW1".utf8), "is in Arrow format, which lorad does not read: \(asParquet)"),
        // Arrow's stream format, which `save_to_disk` of `datasets` writes.
        ([0xFF, 0xFF, 0xFF, 0xFF], "is in Arrow format, which lorad does not read: \(asParquet)"),
    ]
    private static let asParquet = "write it as Parquet, as `to_parquet` of `datasets` does"
    private static let endings = [".gz", ".tgz", ".zst", ".xz", ".bz2", ".zip", ".arrow"]

    /// What such a file is, and what to do; `nil` for any other.
    static func reason(against data: Data) -> String? {
        if GitLFSPointer.isOne(data) { return GitLFSPointer.message }
        return kinds.first { data.starts(with: $0.bytes) }?.text
    }

    /// What to do with a file of such a name, which is not read.
    static func advice(for name: String) -> String {
        name.lowercased().hasSuffix(".arrow") ? asParquet : "unpack it, or write it as JSON Lines"
    }

    /// Whether a name is one of such files.
    static func isOne(_ name: String) -> Bool { endings.contains { name.lowercased().hasSuffix($0) } }
}
