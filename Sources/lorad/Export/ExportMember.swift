import Crypto
import Federation
import Foundation

/// A file of an export.
struct ExportMember {
    /// What it is made of.
    enum Contents {
        case bytes(Data)
        case file(String)
    }

    let name: String
    let size: Int
    /// SHA-256 of its contents, in hexadecimal digits.
    let digest: String
    private let contents: Contents

    /// The most bytes of a member. What is read as a whole is short; what is read line by line may be as long as a transcript;
    /// files that are only compared by their digests may be as long as an archive allows.
    static func sizeLimit(of name: String) -> Int {
        switch name {
        case RunExport.log, RunExport.materials: UstarHeader.sizeLimit
        case _ where name.hasPrefix(RunExport.adapterFolder): UstarHeader.sizeLimit
        case RunExport.rounds: Transcript.sizeLimit
        case _ where name.hasPrefix(RunExport.auditFolder) || name.hasPrefix(RunExport.transcriptFolder):
            Transcript.sizeLimit
        default: 64 << 20
        }
    }

    /// A member of bytes.
    init(_ name: String, _ data: Data) {
        (self.name, size, contents) = (name, data.count, .bytes(data))
        digest = SHA256.hash(data: data).hexadecimal
    }

    /// A member that a file's contents are; the file is read twice and must not change in between.
    ///
    /// - Throws: `CommandError` if it cannot be read.
    init(_ name: String, file path: String) throws {
        var (hash, size) = (SHA256(), 0)
        try Self.read(path) { piece in
            hash.update(data: piece)
            size += piece.count
        }
        (self.name, self.size, contents, digest) = (name, size, .file(path), hash.finalize().hexadecimal)
    }

    /// Passes on the contents, piece by piece.
    ///
    /// - Throws: `CommandError` if a file cannot be read or has changed, and what `body` throws.
    func forEachPiece(_ body: (Data) throws -> Void) throws {
        switch contents {
        case .bytes(let data): try body(data)
        case .file(let path):
            var (hash, count) = (SHA256(), 0)
            try Self.read(path) { piece in
                count += piece.count
                guard count <= size else { throw Self.changed(path) }
                hash.update(data: piece)
                try body(piece)
            }
            guard hash.finalize().hexadecimal == digest else { throw Self.changed(path) }
        }
    }

    private static func changed(_ path: String) -> CommandError {
        CommandError("\(path) changed during the export: try again")
    }

    private static func read(_ path: String, _ body: (Data) throws -> Void) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { throw CommandError("\(path): cannot be opened") }
        defer { try? file.close() }
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { try body(piece) }
    }
}

extension Sequence where Element == UInt8 {
    /// The bytes as lower-case hexadecimal digits.
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
