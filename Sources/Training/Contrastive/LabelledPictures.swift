import Foundation
import Models

/// Images with known classes, for measuring zero-shot classification.
public struct LabelledPictures: Sendable {
    /// An image and its class.
    public struct Entry: Equatable, Sendable {
        /// The image.
        public let picture: Picture
        /// The place of its class among the classes.
        public let label: Int
    }

    /// An image that is not looked at yet.
    private struct Candidate: Sendable {
        let entry: Entry
        let row: Int
        let place: RowPlace
    }

    /// The file or folder.
    public let path: String
    /// The classes' names.
    public let classes: [String]
    /// The images.
    public let entries: [Entry]
    /// Examples that were skipped because they cannot be used, in order; empty unless skipping was requested.
    public let skipped: [RowProblem]
    /// Number of images, including skipped ones.
    public let count: Int
    private let remarks: [String]

    /// Reads a file of class names, one per line, in the order of their numbers. Empty lines are ignored.
    ///
    /// - Throws: `TrainingError` if the file cannot be read or has no names.
    public static func classes(inFile path: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(validating: data.withoutByteOrderMark, as: UTF8.self)
        else {
            throw TrainingError(
                .fileNotFound, "\(path): no such file, or it is not UTF-8: expected one class name per line")
        }
        if let reason = PackedFile.reason(against: data) { throw TrainingError(.unsupported, "\(path): \(reason)") }
        let names = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        guard !names.isEmpty else {
            throw TrainingError(.invalidDataset, "\(path): names no class: expected one class name per line")
        }
        return names
    }

    /// Images in folders named after their classes.
    ///
    /// - Parameters:
    ///   - classes: Class names; `nil` uses the names of all folders, in byte order.
    ///   - skipsBadRows: Whether to skip images that cannot be used instead of failing. Every image is then decoded.
    ///   - fit: Checks whether a model can take the images; `nil` skips the check.
    /// - Throws: `TrainingError` if folders and classes do not match or there are no images, or with the list of images
    ///   that cannot be used.
    public init(
        folder: String, classes: [String]? = nil, skipsBadRows: Bool = false, fit: PictureFit? = nil
    ) throws {
        let rows = try ClassFolderRows(path: folder, question: "")
        let names = classes ?? rows.classes
        try Self.check(rows.classes, named: names, in: folder)
        let labels = Self.labels(names)
        let found = (0..<rows.count).map { row in
            let entry = Entry(picture: rows.picture(ofRow: row), label: labels[rows.className(ofRow: row)] ?? 0)
            return Candidate(entry: entry, row: row, place: rows.place(ofRow: row))
        }
        (path, self.classes, count, remarks) = (folder, names, rows.count, rows.leftOut)
        (entries, skipped) = try Self.checked(found, [], of: folder, count: rows.count, skips: skipsBadRows, fit)
    }

    /// Images of the rows of a JSON array, JSON Lines or Parquet file, each with an `image` and its class under a key.
    ///
    /// - Parameters:
    ///   - file: the examples.
    ///   - key: the field with an example's class: a name, or a number from 0.
    ///   - imageFolder: the folder that image paths are relative to.
    ///   - classes: the class names.
    ///   - skipsBadRows: whether to skip examples that cannot be used instead of failing; every image is then decoded.
    ///   - fit: checks whether a model can take the images; `nil` skips the check.
    /// - Throws: `TrainingError` that lists the examples that cannot be used.
    public init(
        file: String, key: String, imageFolder: String, classes: [String], skipsBadRows: Bool = false,
        fit: PictureFit? = nil
    ) throws {
        let reading = RowReading(format: .llava)
        let rows: any LabelledRows =
            ParquetShards.isOne(file)
            ? try ParquetRows(path: file, reading, imageFolder: imageFolder)
            : try ConversationFile(path: file, reading, imageFolder: imageFolder)
        try self.init(rows, key: key, classes: classes, skipsBadRows: skipsBadRows, fit: fit)
    }

    /// Images of a dataset: the images of class folders, or each example's image with its class.
    ///
    /// - Parameters:
    ///   - options: the dataset; its `classes` is ignored.
    ///   - key: the field with an example's class, a name or a number from 0. In archives, `.cls` is used if the field
    ///     is missing.
    ///   - classes: the class names; `nil` uses those of class folders.
    ///   - fit: checks whether a model can take the images; `nil` skips the check.
    /// - Throws: `TrainingError` as the initializers for folders and files.
    public init(_ options: DatasetOptions, key: String, classes: [String]?, fit: PictureFit?) throws {
        if try Self.areFolders(options) {
            try self.init(folder: options.path, classes: classes, skipsBadRows: options.skipsBadRows, fit: fit)
            return
        }
        var options = options
        options.classes = nil
        let (opened, format) = try DatasetFormats.open(options)
        guard let rows = opened as? any LabelledRows else {
            throw TrainingError(
                .unsupported, "\(options.path): \(format.rawValue) does not give the classes of images")
        }
        try self.init(rows, key: key, classes: classes ?? [], skipsBadRows: options.skipsBadRows, fit: fit)
    }

    /// Whether a dataset is images in a folder for each class.
    ///
    /// - Throws: `TrainingError` if there is nothing.
    public static func areFolders(_ options: DatasetOptions) throws -> Bool {
        guard options.format == .automatic, FolderEntries.isFolder(options.path) else {
            return options.format == .classFolders
        }
        let probe = try DatasetProbe(options)
        return !probe.hasArchives && !probe.hasCaptions && !probe.hasRows
    }

    private init(
        _ rows: any LabelledRows, key: String, classes: [String], skipsBadRows: Bool, fit: PictureFit?
    ) throws {
        let labels = Self.labels(classes)
        var problems: [RowProblem] = []
        var found: [Candidate] = []
        for row in 0..<rows.count {
            do {
                let entry = try Self.entry(rows.labelled(at: row, key: key), key, labels)
                found.append(Candidate(entry: entry, row: row, place: rows.place(ofRow: row)))
            } catch {
                problems.append(error as? RowProblem ?? rows.problem(row, RowProblem.reason(for: error)))
            }
        }
        (path, self.classes, count) = (rows.path, classes, rows.count)
        (entries, skipped) = try Self.checked(
            found, problems, of: rows.path, count: rows.count, skips: skipsBadRows, fit)
        let known = Set(entries.map(\.label))
        let empty = classes.indices.count { !known.contains($0) }
        remarks = empty > 0 ? ["\(empty) classes without images"] : []
    }

    /// A line about the dataset: `pictures: 1200 images, 10 classes`, and what was skipped.
    public var notice: String {
        "\(path): \((["\(entries.count) images", "\(classes.count) classes"] + remarks).joined(separator: ", "))"
    }

    private static func labels(_ names: [String]) -> [String: Int] {
        Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    /// Checks that each class has a folder, and each folder a class.
    private static func check(_ folders: [String], named classes: [String], in path: String) throws {
        let (found, known) = (Set(folders), Set(classes))
        if let missing = classes.first(where: { !found.contains($0) }) {
            throw TrainingError(
                .invalidDataset,
                "\(path): has no folder for the class \(missing); its folders: "
                    + folders.prefix(20).joined(separator: ", "))
        }
        if let unknown = folders.first(where: { !known.contains($0) }) {
            throw TrainingError(
                .invalidDataset,
                "\(path): its folder \(unknown) is not one of the \(classes.count) classes: add it to them, or move "
                    + "it away"
            )
        }
    }

    /// The images that can be used, and the problems of the others.
    private static func checked(
        _ found: [Candidate], _ problems: [RowProblem], of path: String, count: Int, skips: Bool, _ fit: PictureFit?
    ) throws -> ([Entry], [RowProblem]) {
        let chunks: [[String?]] = RowChunks(count: found.count, chunkSize: skips ? 32 : 1024).map { rows in
            var check = PictureCheck(decodes: skips, fit: fit)
            return rows.map { check.reason(against: found[$0].entry.picture) }
        }
        var (entries, problems) = ([Entry](), problems)
        for (candidate, reason) in zip(found, chunks.joined()) {
            if let reason {
                let place = candidate.place
                problems.append(RowProblem(row: candidate.row, file: place.file, line: place.line, reason: reason))
            } else {
                entries.append(candidate.entry)
            }
        }
        guard problems.isEmpty || skips && !entries.isEmpty else {
            throw TrainingError.rows(problems.sorted { $0.row < $1.row }, of: path, rowCount: count)
        }
        return (entries, problems.sorted { $0.row < $1.row })
    }

    private static func entry(_ row: LabelledPicture, _ key: String, _ labels: [String: Int]) throws -> Entry {
        let number = row.label.flatMap { $0.intValue ?? $0.stringValue.flatMap { Int($0) } }
        guard let label = row.label?.stringValue.flatMap({ labels[$0] }) ?? number, (0..<labels.count).contains(label)
        else {
            let found = row.label.map { "`\($0)`" } ?? "nothing"
            throw RowProblem.Reason("has \(found) at `\(key)`: expected a class name, or a class number from 0")
        }
        return Entry(picture: row.picture, label: label)
    }
}
