/// Finds the samples of archives, and keeps of each only where it begins.
enum WebDatasetIndex {
    /// Where a sample is.
    struct Sample: Sendable {
        let archive: Int32
        /// Members from the first to the last, those of no use included.
        var memberCount: Int32
        /// Of the first member's headers.
        let offset: Int
    }

    /// The samples of all archives, which are gone through side by side.
    ///
    /// - Throws: `TrainingError` for the first archive that is damaged or cut short.
    static func samples(in archives: [TarArchive]) throws -> [Sample] {
        let found = RowChunks(count: archives.count, chunkSize: 1).map { index in
            Result { try samples(in: archives[index.lowerBound], number: Int32(index.lowerBound)) }
        }
        return try found.flatMap { try $0.get() }
    }

    /// The members of a sample.
    static func members(of sample: Sample, in archive: TarArchive) throws -> [TarArchive.Member] {
        var offset = sample.offset
        var members: [TarArchive.Member] = []
        while members.count < sample.memberCount, let member = try archive.member(at: offset) {
            members.append(member)
            offset = member.whole.upperBound
        }
        return members
    }

    private static func samples(in archive: TarArchive, number: Int32) throws -> [Sample] {
        var samples: [Sample] = []
        var current: (key: String, sample: Sample)?
        var (offset, passed) = (0, Int32(0))
        while let member = try archive.member(at: offset) {
            offset = member.whole.upperBound
            passed += 1
            if member.isLink, MemberName(member.name)?.isOfUse == true {
                throw TrainingError(
                    .unsupported,
                    "\(archive.path): \(member.name) is a link, which is not followed: pack the archive with tar's"
                        + " --hard-dereference and --dereference")
            }
            guard member.isFile, let key = MemberName(member.name)?.key else { continue }
            if current?.key == key {
                current?.sample.memberCount += passed
            } else {
                if let current { samples.append(current.sample) }
                current = (key, Sample(archive: number, memberCount: 1, offset: member.whole.lowerBound))
            }
            passed = 0
        }
        try archive.checkEnd(at: offset)
        if let current { samples.append(current.sample) }
        return samples
    }
}

/// A member's name, taken apart as WebDataset does: `folder/key.extension`, at the first dot of the last part.
struct MemberName {
    let key: String
    let fileExtension: String

    /// Whether such a member is part of its sample.
    var isOfUse: Bool {
        let kind = fileExtension.split(separator: ".").last
        return kind == "json" || kind == "txt" || kind == "cls" || PictureName.isOne(".\(fileExtension)")
    }

    /// Nil for names without an extension, and for hidden ones.
    init?(_ name: String) {
        let file = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name.utf8.index(after: $0) } ?? name.startIndex
        guard let dot = name.utf8[file...].firstIndex(of: UInt8(ascii: ".")), dot > file else { return nil }
        key = String(name[..<dot])
        fileExtension = name[name.utf8.index(after: dot)...].lowercased()
    }
}
