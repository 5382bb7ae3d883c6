import Crypto
import Foundation

/// Reads an archive that `ExportWriter` wrote, and nothing else: whatever tar could hold besides is refused. Nothing is
/// unpacked, and of the contents only what is asked for is held in memory, one member at a time.
struct ExportReader {
    /// A member: where its contents begin, their size and SHA-256.
    struct Member: Equatable {
        let offset: Int
        let size: Int
        let digest: String
    }

    /// What an archive holds.
    struct Contents {
        /// The members by name.
        let members: [String: Member]
        fileprivate let reader: ExportReader

        /// The bytes of a member; `nil` if there is none of that name.
        ///
        /// - Throws: `CommandError` if the archive has changed since it was looked through.
        func bytes(of name: String) throws -> Data? { try members[name].map { try reader.bytes(of: $0, name) } }
    }

    private let path: String
    private let file: FileHandle

    /// The most members.
    private static let memberLimit = 10_000
    private static let pieceSize = 1 << 20

    /// Opens an archive.
    ///
    /// - Throws: `CommandError` if it cannot be read.
    init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw CommandError("\(path): no such file") }
        guard status.st_mode & S_IFMT == S_IFREG, let file = FileHandle(forReadingAtPath: path) else {
            throw CommandError("\(path): not a readable file")
        }
        (self.path, self.file) = (path, file)
    }

    /// Verifies everything.
    ///
    /// - Throws: `CommandError` that says what is wrong at which byte.
    func contents() throws -> Contents {
        var (members, previous, offset) = ([String: Member](), "", 0)
        while true {
            let block = try read(UstarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) { break }
            guard let header = UstarHeader([UInt8](block)) else { throw Self.foreign(path, at: offset) }
            guard header.name > previous else {
                throw CommandError(
                    "\(path): \(header.name) comes after \(previous): expected members sorted by name, each once"
                )
            }
            guard members.count < Self.memberLimit else { throw CommandError("\(path): has too many members") }
            members[header.name] = Member(
                offset: offset + UstarHeader.blockSize, size: header.size, digest: try digest(header))
            previous = header.name
            offset += UstarHeader.blockSize + header.size + header.padding
        }
        guard try read(UstarHeader.blockSize).allSatisfy({ $0 == 0 }), try file.read(upToCount: 1)?.isEmpty ?? true
        else {
            throw CommandError("\(path): there is data after its end")
        }
        return Contents(members: members, reader: self)
    }

    /// Goes past a member, and gives its digest.
    private func digest(_ header: UstarHeader) throws -> String {
        guard header.size <= ExportMember.sizeLimit(of: header.name) else {
            throw CommandError("\(path): \(header.name) has \(header.size) bytes, more than an export writes")
        }
        var (hash, left) = (SHA256(), header.size)
        while left > 0 {
            let piece = try read(min(left, Self.pieceSize))
            hash.update(data: piece)
            left -= piece.count
        }
        guard try read(header.padding).allSatisfy({ $0 == 0 }) else {
            throw CommandError("\(path): there is unexpected data after \(header.name)")
        }
        return hash.finalize().hexadecimal
    }

    private func bytes(of member: Member, _ name: String) throws -> Data {
        try file.seek(toOffset: UInt64(member.offset))
        let data = try read(member.size)
        guard SHA256.hash(data: data).hexadecimal == member.digest else {
            throw CommandError("\(path): \(name) changed while it was read: try again")
        }
        return data
    }

    private func read(_ count: Int) throws -> Data {
        guard count > 0 else { return Data() }
        let data = try file.read(upToCount: count) ?? Data()
        guard data.count == count else { throw CommandError("\(path): is truncated: copy it again") }
        return data
    }

    private static func foreign(_ path: String, at offset: Int) -> CommandError {
        CommandError(
            "\(path): is not a lorad export, or was changed: byte \(offset) does not start a header that lorad "
                + "writes (a regular file with a plain relative name)"
        )
    }
}
