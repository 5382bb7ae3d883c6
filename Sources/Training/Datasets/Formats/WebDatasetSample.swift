import Foundation
import Models
import Tensors

/// The members of a sample, sorted by what they are.
struct WebDatasetSample {
    let key: String
    /// The sample's `.json`.
    private(set) var document: Data?
    private let archive: TarArchive
    private var documentPlace = 0..<0
    private var caption: Data?
    private var classText: Data?
    private(set) var pictures: [(name: String, picture: Picture)] = []

    /// Sorts members.
    ///
    /// - Throws: `RowProblem.Reason` if two members are of the same kind, of which there may be one, or a text is none.
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
        } else if kind == "cls" {
            guard classText == nil else { throw RowProblem.Reason("has two .cls members: expected one") }
            classText = try text(member)
        }
    }

    private func text(_ member: TarArchive.Member) throws -> Data {
        let bytes = archive.bytes(member.contents)
        if GitLFSPointer.isOne(bytes) { throw RowProblem.Reason("\(member.name) \(GitLFSPointer.message)") }
        try MappedText.check(bytes)
        return bytes.withoutByteOrderMark
    }

    /// The number in the sample's `.cls`, as WebDataset reads it; `nil` if it has none.
    ///
    /// - Throws: `RowProblem.Reason` if it is no number.
    func classNumber() throws -> Int? {
        guard let classText else { return nil }
        let text = String(decoding: classText, as: UTF8.self).stripped
        guard let number = Int(text), number >= 0 else {
            throw RowProblem.Reason(
                "its .cls member contains `\(text.prefix(40))`: expected the number of a class, from 0")
        }
        return number
    }

    /// The sample's `.json` with its own names; `nil` if it has none.
    ///
    /// - Throws: `ModelError` if it is not JSON.
    func written() throws -> JSONValue? {
        try document.map { try JSONValue(parsing: $0, file: "its JSON", takesNonNumbers: true) }
    }

    /// The sample's images: its members, or those that its `.json` holds where it has no members.
    ///
    /// - Parameters:
    ///   - fields: The `.json` with lorad's names.
    ///   - document: The `.json` with its own names.
    /// - Throws: `RowProblem.Reason`.
    func pictures(beside fields: JSONValue?, in document: JSONValue?) throws -> [Picture] {
        guard pictures.isEmpty, let fields, let document else { return pictures.map(\.picture) }
        return try RowValue(value: fields, path: "").pictures().enumerated().map {
            try picture($1, number: $0, in: document)
        }
    }

    /// The example that the sample is.
    ///
    /// - Throws: `RowProblem.Reason`, or what decoding throws.
    func conversation(row: Int, _ reading: RowReading, _ classes: ClassAnswers) throws -> Conversation {
        let written = try written()
        let fields = written.map(reading.columns.applied)
        if let written, let fields, saysAll(fields) {
            let read = try ConversationRow(
                RowValue(value: written, path: ""), reading, picturesBeside: pictures.count)
            return try conversation(row: row, read, in: written)
        }
        let images = try pictures(beside: fields, in: written)
        guard !images.isEmpty else {
            guard try spoken(fields) != nil || classNumber() != nil else { throw RowProblem.Reason(Self.silence) }
            throw RowProblem.Reason("has no image: expected a .jpg, .png or .webp member")
        }
        let person = try fields.flatMap { try RowValue(value: $0, path: "").member("person")?.identifier() }
        if let answer = try spoken(fields) {
            return Conversation(
                row: row, id: key, person: person, images: images, question: reading.question,
                answer: answer.text.trimmingCharacters(in: .whitespacesAndNewlines),
                notes: RowNotes(answersAsText: answer.isConverted ? 1 : 0))
        }
        guard let number = try classNumber() else { throw RowProblem.Reason(Self.silence) }
        return Conversation(
            row: row, id: key, person: person, images: images, question: classes.question,
            answer: try classes.answer(number))
    }

    /// Whether the `.json` is an example by itself.
    private func saysAll(_ fields: JSONValue) -> Bool {
        RowForms.listsTurns(fields) || caption == nil && RowForms.isKnown(fields)
    }

    private static let silence =
        "has no text about its image: expected a .txt member, a .json one with `conversations`, `messages` or "
        + "`caption`, or a .cls one"

    /// The caption: `.txt` before `.json`.
    private func spoken(_ fields: JSONValue?) throws -> SpokenText? {
        if let caption { return SpokenText(.string(String(decoding: caption, as: UTF8.self))) }
        return (fields?["caption"]).flatMap(SpokenText.init) ?? (fields?["text"]).flatMap(SpokenText.init)
    }

    /// A conversation's images are the sample's members, in their order unless it names them.
    private func conversation(row: Int, _ read: ConversationRow, in document: JSONValue) throws -> Conversation {
        let images =
            read.images.isEmpty
            ? pictures.map(\.picture) : try read.images.enumerated().map { try picture($1, number: $0, in: document) }
        return Conversation(row: row, id: read.id ?? key, images: images, read)
    }

    private func picture(_ reference: String, number: Int, in document: JSONValue) throws -> Picture {
        if DataURL.isOne(reference) {
            let position = DataURL.position(of: reference, in: document)
            return Picture(
                .row(path: archive.path, bytes: documentPlace, number: position),
                name: "\(archive.path): image \(number) of \(key).json")
        }
        guard let found = pictures.first(where: { $0.name == reference || $0.name.hasSuffix("/\(reference)") }) else {
            throw RowProblem.Reason("the image `\(reference.prefix(80))` is not a member of its sample")
        }
        return found.picture
    }
}
