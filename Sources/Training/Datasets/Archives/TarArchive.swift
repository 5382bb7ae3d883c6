import Foundation

/// A tar archive, memory-mapped: members are found by their offsets, and nothing is unpacked.
struct TarArchive: Sendable {
    /// A member and where it is.
    struct Member: Sendable {
        let name: String
        /// Its contents.
        let contents: Range<Int>
        /// From its first header to where the next one may begin.
        let whole: Range<Int>
        /// Whether it is an ordinary file.
        let isFile: Bool
        /// Whether it stands for a file elsewhere.
        let isLink: Bool
    }

    let path: String
    private let data: Data

    /// Maps an archive.
    ///
    /// - Throws: `TrainingError` if it cannot be read.
    init(path: String) throws {
        data = try MappedText.map(path)
        self.path = path
    }

    /// Whether data begins as an archive does.
    static func isOne(_ data: Data) -> Bool {
        guard data.count >= TarHeader.blockSize else { return false }
        return (try? TarHeader(Array(data.prefix(TarHeader.blockSize)))) != nil
    }

    /// Bytes of the archive.
    func bytes(_ range: Range<Int>) -> Data { data[range] }

    /// The member whose headers begin at an offset; nil at the archive's end.
    ///
    /// - Throws: `TrainingError` if the archive is damaged or cut short.
    func member(at start: Int) throws -> Member? {
        var extensions = TarExtensions()
        var offset = start
        while let header = try self.header(at: offset) {
            let contents = offset + TarHeader.blockSize
            let isExtension = TarExtensions.types.contains(header.type)
            let size = header.hasContents ? (isExtension ? header.size : extensions.size ?? header.size) : 0
            let end = try self.end(of: contents, size: size)
            if isExtension {
                try extensions.add(header.type, size <= TarExtensions.maxSize ? bytes(contents..<contents + size) : nil)
                {
                    damaged($0, at: offset)
                }
                offset = end
                continue
            }
            guard !header.isSparse, !extensions.isSparse else {
                throw damaged(
                    "\(header.name) is a sparse file, which is not supported: pack it without holes", at: offset)
            }
            return Member(
                name: extensions.name ?? header.name, contents: contents..<contents + size, whole: start..<end,
                isFile: header.isFile, isLink: header.isLink)
        }
        guard offset == start else {
            throw damaged("it ends after the header of a member that is missing", at: offset)
        }
        return nil
    }

    /// Checks that there is nothing behind the block that ends the archive: what is there would be passed over.
    func checkEnd(at offset: Int) throws {
        let isEmpty = data.withUnsafeBytes { $0[offset...].allSatisfy { $0 == 0 } }
        guard isEmpty else {
            throw damaged("there is data after its end: archives must not be joined; give each as a shard", at: offset)
        }
    }

    private func header(at offset: Int) throws -> TarHeader? {
        guard offset <= data.count - TarHeader.blockSize else { throw truncated }
        do {
            return try TarHeader(Array(data[offset..<offset + TarHeader.blockSize]))
        } catch let damage as TarHeader.Damage {
            throw damaged(damage.reason, at: offset)
        }
    }

    /// Where what follows some contents begins.
    private func end(of contents: Int, size: Int) throws -> Int {
        guard size <= data.count - contents else { throw truncated }
        let padded = (size + TarHeader.blockSize - 1) / TarHeader.blockSize * TarHeader.blockSize
        guard padded <= data.count - contents else { throw truncated }
        return contents + padded
    }

    private var truncated: TrainingError {
        TrainingError(
            .corruptFile, "\(path): the archive is truncated (\(data.count) bytes, without an end mark): copy it again")
    }

    private func damaged(_ reason: String, at offset: Int) -> TrainingError {
        TrainingError(.corruptFile, "\(path): the archive is damaged at byte \(offset): \(reason)")
    }
}
