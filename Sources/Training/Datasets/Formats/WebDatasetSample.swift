import Foundation
import Models

/// The members of a sample, sorted by what they are.
struct WebDatasetSample {
    let key: String
    /// The sample's `.json`.
    private(set) var document: Data?
    private let archive: TarArchive
    private var documentPlace = 0..<0
    private var caption: Data?
    private var pictures: [(name: String, picture: Picture)] = []

    /// Sorts members.
    ///
    /// - Throws: `RowProblem.Reason` where two members are of the same kind, of which there may be one.
    init(_ members: [TarArchive.Member], of archive: TarArchive) throws {
        self.archive = archive
        key = members.first.flatMap { MemberName($0.name)?.key } ?? ""
        for member in members {
            guard member.isFile, let name = MemberName(member.name), name.key == key else { continue }
            try add(member, name.fileExtension)
        }
    }

    private mutating func add(_ member: TarArchive.Member, _ fileExtension: String) throws {
        let kind = fileExtension.split(separator: ".").last ?? ""
        if PictureName.isOne(member.name) {
            let place = Picture.Place.part(path: archive.path, bytes: member.contents)
            pictures.append((member.name, Picture(place, name: "\(archive.path): \(member.name)")))
        } else if kind == "json" {
            guard document == nil else { throw RowProblem.Reason("has two .json members: expected one") }
            document = try text(member)
            documentPlace = member.contents
        } else if kind == "txt" {
            guard caption == nil else { throw RowProblem.Reason("has two .txt members: expected one") }
            caption = try text(member)
        }
    }

    private func text(_ member: TarArchive.Member) throws -> Data {
        let bytes = archive.bytes(member.contents)
        try MappedText.check(bytes)
        return bytes.withoutByteOrderMark
    }

    /// The row that the sample is.
    ///
    /// - Throws: `RowProblem.Reason`, or what decoding throws.
    func conversation(row: Int, question: String) throws -> Conversation {
        let fields = try document.map { try JSONValue(parsing: $0, file: "its JSON", takesNonNumbers: true) }
        if let document, has("conversations", fields) || has("messages", fields) {
            return try conversation(row: row, ConversationRow(document, as: nil))
        }
        let caption = caption.map { String(decoding: $0, as: UTF8.self) }
        let found = caption ?? fields?["caption"]?.stringValue ?? fields?["text"]?.stringValue
        guard let answer = found?.trimmingCharacters(in: .whitespacesAndNewlines) else {
            throw RowProblem.Reason(
                "says nothing about its picture: expected a .txt member, or a .json one with `conversations`, `messages`"
                    + " or `caption`")
        }
        let images = try pictures.isEmpty ? ownImages(fields) : pictures.map(\.picture)
        guard !images.isEmpty else {
            throw RowProblem.Reason("has no picture: expected a .jpg, .png or .webp member")
        }
        return Conversation(row: row, id: key, images: images, question: question, answer: answer)
    }

    private func has(_ key: String, _ fields: JSONValue?) -> Bool { fields?[key].map { !$0.isNull } ?? false }

    /// The pictures that the document of a caption holds itself.
    private func ownImages(_ fields: JSONValue?) throws -> [Picture] {
        guard let document, has("image", fields) || has("images", fields) else { return [] }
        return try ConversationRow(document, as: nil).images.enumerated().map { try picture($1, number: $0) }
    }

    /// A conversation's pictures are the sample's members, in their order unless it names them.
    private func conversation(row: Int, _ written: ConversationRow) throws -> Conversation {
        let images =
            written.images.isEmpty
            ? pictures.map(\.picture) : try written.images.enumerated().map { try picture($1, number: $0) }
        return Conversation(
            row: row, id: written.id ?? key, person: written.person, images: images, turns: written.turns,
            naming: written.naming)
    }

    private func picture(_ reference: String, number: Int) throws -> Picture {
        if DataURL.isOne(reference) {
            return Picture(
                .row(path: archive.path, bytes: documentPlace, number: number),
                name: "\(archive.path): picture \(number) of \(key).json")
        }
        guard let found = pictures.first(where: { $0.name == reference || $0.name.hasSuffix("/\(reference)") }) else {
            throw RowProblem.Reason("the image `\(reference.prefix(80))` is no member of its sample")
        }
        return found.picture
    }
}
