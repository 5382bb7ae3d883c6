import Models

/// An image and what its example says about its class.
struct LabelledPicture {
    let picture: Picture
    /// The class's name or number; `nil` if the example says nothing.
    let label: JSONValue?
}

/// Examples that may say which class their image is of, whether they hold a conversation or not.
protocol LabelledRows: DatasetRows {
    /// An example's image, and what it has under a key.
    ///
    /// - Throws: `RowProblem` or `RowProblem.Reason` if it has no image, or cannot be read.
    func labelled(at row: Int, key: String) throws -> LabelledPicture
}

extension LabelledRows {
    /// The image that fields name under one of two keys, and what they have under another.
    ///
    /// - Parameter picture: Finds the image that a reference means.
    /// - Throws: `RowProblem.Reason` if they name none, and what `picture` throws.
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
