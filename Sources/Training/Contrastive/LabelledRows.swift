import Models

/// A picture and what its row says about its class.
struct LabelledPicture {
    let picture: Picture
    /// The class's name or number; nil where the row says nothing.
    let label: JSONValue?
}

/// Rows that may say which class their picture is of, whether they hold a conversation or not.
protocol LabelledRows: DatasetRows {
    /// A row's picture, and what it has under a key.
    ///
    /// - Throws: `RowProblem` or `RowProblem.Reason` where it has no picture, or cannot be read.
    func labelled(at row: Int, key: String) throws -> LabelledPicture
}

extension LabelledRows {
    /// The picture that fields name, a path relative to a folder.
    func labelled(_ fields: JSONValue, key: String, names: [String], folder: String) throws -> LabelledPicture {
        let found = names.compactMap { name in fields[name]?.stringValue.map { (name, $0) } }.first
        guard let (name, image) = found else { throw RowProblem.Reason("has no path at `\(names[0])`") }
        guard let path = try PictureReference(text: image).path(in: folder) else {
            throw RowProblem.Reason("has a data: URL at `\(name)`: expected a path")
        }
        return LabelledPicture(picture: Picture(file: path), label: fields[key])
    }
}

extension ConversationFile: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        try labelled(fields(ofRow: row), key: key, names: ["image", "filepath"], folder: imageFolder)
    }
}

extension ConversationTable: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        try labelled(fields(ofRow: row), key: key, names: ["image", "filepath"], folder: imageFolder)
    }
}

extension CaptionRows: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        try labelled(fields(ofRow: row), key: key, names: ["file_name"], folder: folder)
    }
}

extension WebDatasetRows: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        let sample = try sample(row)
        guard sample.pictures.count == 1, let picture = sample.pictures.first?.picture else {
            throw RowProblem.Reason("has \(sample.pictures.count) pictures: expected one")
        }
        let label = try fields(ofRow: row)[key] ?? sample.classNumber().map { .int($0) }
        return LabelledPicture(picture: picture, label: label)
    }
}
