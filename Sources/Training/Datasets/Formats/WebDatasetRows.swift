import Foundation
import Models

/// Samples in tar archives: members that follow each other and are named alike up to the first dot belong together.
///
/// Images are read where they lie. What is said about them is an example or a caption in `.json`, a caption in `.txt`,
/// or a class in `.cls`.
struct WebDatasetRows: DatasetRows {
    let path: String
    private let archives: [TarArchive]
    private let samples: [WebDatasetIndex.Sample]
    private let rowReading: RowReading
    private let classes: ClassAnswers

    /// Finds the samples of all archives.
    ///
    /// - Throws: `TrainingError` if an archive cannot be read, is damaged or cut short, there are no samples, or no
    ///   example has a mapped column.
    init(_ options: DatasetOptions) throws {
        path = options.path
        rowReading = RowReading(columns: options.columns, question: options.prompt ?? CaptionRows.defaultQuestion)
        classes = ClassAnswers(
            question: options.prompt ?? ClassFolderRows.defaultQuestion,
            names: try options.classes.map(LabelledPictures.classes))
        archives = try ShardList.shards(at: path).map { try TarArchive(path: $0) }
        samples = try WebDatasetIndex.samples(in: archives)
        guard !samples.isEmpty else {
            throw TrainingError(.invalidDataset, "\(path): contains no samples: expected members such as 000001.jpg")
        }
        try ColumnCheck.check(rowReading.columns, path: path, count: samples.count) { try document(ofRow: $0) }
    }

    var count: Int { samples.count }

    var remark: String? {
        "\(archives.count) archives, captions with the question \(rowReading.question.debugDescription)"
    }

    var partForm: DatasetPartForm { .tar }

    func place(ofRow row: Int) -> RowPlace { RowPlace(file: archives[Int(samples[row].archive)].path) }

    func fields(ofRow row: Int) throws -> JSONValue {
        try reading(row) { rowReading.columns.applied(to: try document(ofRow: row)) }
    }

    /// The example's `.json` with its own names, and the number of its class as `label` where it has none.
    private func document(ofRow row: Int) throws -> JSONValue {
        let sample = try sample(row)
        let document = try sample.written() ?? .object([])
        guard let members = document.objectValue, document["label"] == nil,
            let number = try? sample.classNumber()
        else { return document }
        return .object(members + [.init("label", .int(number))])
    }

    func part(ofRow row: Int) throws -> Data {
        try reading(row) {
            let archive = archives[Int(samples[row].archive)]
            let members = try WebDatasetIndex.members(of: samples[row], in: archive)
            let end = members.last?.whole.upperBound ?? samples[row].offset
            return archive.bytes(samples[row].offset..<end)
        }
    }

    func name(ofRow row: Int) throws -> String? { try reading(row) { try sample(row).key } }

    func conversation(at row: Int) throws -> Conversation {
        let sample = try reading(row) { try self.sample(row) }
        return try reading(row, id: sample.key) { try sample.conversation(row: row, rowReading, classes) }
    }

    func sample(_ row: Int) throws -> WebDatasetSample {
        let archive = archives[Int(samples[row].archive)]
        return try WebDatasetSample(WebDatasetIndex.members(of: samples[row], in: archive), of: archive)
    }
}
