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
    /// The picture that fields name under one of two keys, and what they have under another.
    ///
    /// - Parameter picture: Finds the picture that a reference means.
    /// - Throws: `RowProblem.Reason` where they name none, and what `picture` throws.
    func labelled(_ fields: JSONValue, key: String, picture: (String) throws -> Picture) throws -> LabelledPicture {
        let row = RowValue(value: fields, path: "")
        let references = try (row.member("image") ?? row.member("images") ?? row.member("filepath"))?.references() ?? []
        guard let reference = references.first, !reference.isEmpty else {
            throw RowProblem.Reason("has no path at `image`")
        }
        guard references.count == 1 else { throw RowProblem.Reason("has \(references.count) images: expected one") }
        return LabelledPicture(picture: try picture(reference), label: fields[key])
    }
}

extension ConversationFile: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        try labelled(fields(ofRow: row), key: key) { try picture($0, number: 0, row: row, of: written(row: row)) }
    }
}

extension ParquetRows: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        try labelled(fields(ofRow: row), key: key) { try picture($0, number: 0, row: row) }
    }
}

extension ConversationTable: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        try labelled(fields(ofRow: row), key: key, picture: picture)
    }
}

extension CaptionRows: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        let fields = try fields(ofRow: row)
        return LabelledPicture(picture: try picture(of: fields, row), label: fields[key])
    }
}

extension WebDatasetRows: LabelledRows {
    func labelled(at row: Int, key: String) throws -> LabelledPicture {
        let (sample, fields) = (try sample(row), try fields(ofRow: row))
        let pictures = try sample.pictures(beside: fields, in: sample.written())
        guard pictures.count == 1, let picture = pictures.first else {
            throw RowProblem.Reason("has \(pictures.count) images: expected one")
        }
        return LabelledPicture(picture: picture, label: try fields[key] ?? sample.classNumber().map { .int($0) })
    }
}
