import Foundation
import Models

/// Samples in tar archives: members that follow each other and are named alike up to the first dot belong together.
///
/// Pictures are read where they lie. What is said about them is a conversation or a caption in `.json`, or a caption in
/// `.txt`.
struct WebDatasetRows: DatasetRows {
    let path: String
    private let archives: [TarArchive]
    private let samples: [WebDatasetIndex.Sample]
    private let question: String

    /// Finds the samples of all archives.
    ///
    /// - Parameter question: What a picture with a caption is asked for.
    /// - Throws: `TrainingError` where an archive cannot be read, is damaged or cut short, or there are no samples.
    init(path: String, question: String) throws {
        self.path = path
        self.question = question
        archives = try ShardList.shards(at: path).map { try TarArchive(path: $0) }
        samples = try WebDatasetIndex.samples(in: archives)
        guard !samples.isEmpty else {
            throw TrainingError(.invalidDataset, "\(path): holds no samples: expected members such as 000001.jpg")
        }
    }

    var count: Int { samples.count }

    var remark: String? { "\(archives.count) archives, captions asked \(question.debugDescription)" }

    var partForm: DatasetPartForm { .tar }

    func place(ofRow row: Int) -> RowPlace { RowPlace(file: archives[Int(samples[row].archive)].path) }

    func fields(ofRow row: Int) throws -> JSONValue {
        try reading(row) {
            let sample = try sample(row)
            return try sample.document.map { try JSONValue(parsing: $0, file: "its JSON", takesNonNumbers: true) }
                ?? .object([])
        }
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
        return try reading(row, id: sample.key) { try sample.conversation(row: row, question: question) }
    }

    private func sample(_ row: Int) throws -> WebDatasetSample {
        let archive = archives[Int(samples[row].archive)]
        return try WebDatasetSample(WebDatasetIndex.members(of: samples[row], in: archive), of: archive)
    }
}
