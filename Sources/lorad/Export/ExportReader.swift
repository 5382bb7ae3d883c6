import Crypto
import Foundation

/// Reads an archive that `ExportWriter` wrote, and nothing else: whatever tar could hold besides is refused. Nothing is
/// unpacked.
struct ExportReader {
    /// What an archive holds.
    struct Contents {
        /// Size and SHA-256 of each member.
        var members: [String: (size: Int, digest: String)] = [:]
        /// The bytes of small members, which are looked into.
        var small: [String: Data] = [:]
    }

    private let path: String
    private let file: FileHandle

    /// The most members, and the most bytes of one that is looked into.
    private static let (memberLimit, smallLimit) = (10_000, 64 << 20)
    private static let pieceSize = 1 << 20

    /// Opens an archive.
    ///
    /// - Throws: `CommandError` if it cannot be read.
    init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw CommandError("\(path): no such file") }
        guard status.st_mode & S_IFMT == S_IFREG, let file = FileHandle(forReadingAtPath: path) else {
            throw CommandError("\(path): no file that can be read")
        }
        (self.path, self.file) = (path, file)
    }

    /// Reads everything.
    ///
    /// - Parameter isSmall: whether a member is looked into, by its name.
    /// - Throws: `CommandError` that says what is wrong at which byte.
    func contents(keeping isSmall: (String) -> Bool) throws -> Contents {
        defer { try? file.close() }
        var (contents, previous, offset) = (Contents(), "", 0)
        while true {
            let block = try read(UstarHeader.blockSize)
            if block.allSatisfy({ $0 == 0 }) { break }
            guard let header = UstarHeader([UInt8](block)) else { throw Self.foreign(path, at: offset) }
            guard header.name > previous else {
                throw CommandError(
                    "\(path): \(header.name) comes after \(previous): members are in the order of their names, each once"
                )
            }
            guard contents.members.count < Self.memberLimit else { throw CommandError("\(path): has too many members") }
            let (digest, bytes) = try take(header, isKept: isSmall(header.name))
            contents.members[header.name] = (header.size, digest)
            contents.small[header.name] = bytes
            previous = header.name
            offset += UstarHeader.blockSize + header.size + header.padding
        }
        guard try read(UstarHeader.blockSize).allSatisfy({ $0 == 0 }), try file.read(upToCount: 1)?.isEmpty ?? true
        else {
            throw CommandError("\(path): there is more behind its end")
        }
        return contents
    }

    private func take(_ header: UstarHeader, isKept: Bool) throws -> (digest: String, kept: Data?) {
        guard !isKept || header.size <= Self.smallLimit else {
            throw CommandError("\(path): \(header.name) has \(header.size) bytes, more than an export writes")
        }
        var (hash, kept, left) = (SHA256(), Data(), header.size)
        while left > 0 {
            let piece = try read(min(left, Self.pieceSize))
            hash.update(data: piece)
            if isKept { kept += piece }
            left -= piece.count
        }
        guard try read(header.padding).allSatisfy({ $0 == 0 }) else {
            throw CommandError("\(path): there is something between \(header.name) and what follows")
        }
        return (hash.finalize().hexadecimal, isKept ? kept : nil)
    }

    private func read(_ count: Int) throws -> Data {
        guard count > 0 else { return Data() }
        let data = try file.read(upToCount: count) ?? Data()
        guard data.count == count else { throw CommandError("\(path): is cut short: copy it again") }
        return data
    }

    private static func foreign(_ path: String, at offset: Int) -> CommandError {
        CommandError(
            "\(path): is no export of lorad's, or was changed: at byte \(offset) there is no header as lorad writes it (an ordinary "
                + "file with a plain relative name)")
    }
}
