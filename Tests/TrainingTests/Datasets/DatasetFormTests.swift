import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// The twenty rows of Fixtures/forms in one of the forms that datasets come in.
struct DatasetForm: CustomTestStringConvertible, Sendable {
    /// The file or folder.
    let name: String
    let format: DataFormat

    init(_ name: String, _ format: DataFormat) { (self.name, self.format) = (name, format) }

    var testDescription: String { name }

    /// Every form: a new one is a line here, and a file of Fixtures/forms/generate.py.
    static let all: [DatasetForm] = [
        DatasetForm("llava.jsonl", .llava),
        DatasetForm("llava-struct.jsonl", .llava),
        DatasetForm("llava-base64.jsonl", .llava),
        DatasetForm("llava-url.jsonl", .llava),
        DatasetForm("messages.jsonl", .messages),
        DatasetForm("messages-struct.jsonl", .messages),
        DatasetForm("datasets.jsonl", .messages),
        DatasetForm("blocks.jsonl", .messages),
        DatasetForm("blocks-struct.jsonl", .messages),
        DatasetForm("sharegpt.jsonl", .sharegpt),
        DatasetForm("rows.tar", .webDataset),
        DatasetForm("datasets.parquet", .messages),
        DatasetForm("shards", .messages),
        DatasetForm("shards/train-*.parquet", .messages),
        DatasetForm("shards/train-{00000..00002}-of-00003.parquet", .messages),
        DatasetForm("none.parquet", .llava),
        DatasetForm("snappy.parquet", .llava),
        DatasetForm("gzip.parquet", .llava),
        DatasetForm("zstd.parquet", .llava),
        DatasetForm("blocks.parquet", .messages),
        DatasetForm("paths.parquet", .messages),
        DatasetForm("urls.parquet", .messages),
        DatasetForm("binary.parquet", .messages),
    ]
}

@Suite("The same rows in every form")
struct DatasetFormTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/forms").standardized.path

    private let llava: TinyLlava
    private let encoder: ExampleEncoder

    init() throws {
        llava = try TinyLlava()
        let tokenizer = try Tokenizer(folder: TinyLlava.folder.appending(path: "model"))
        let model = llava.model
        encoder = ExampleEncoder(
            tokenizer: tokenizer, template: try ConversationTemplates.named("vicuna"),
            endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(
                token: tokenizer.token(of: model.imageToken) ?? "", id: model.imageToken,
                countPerImage: model.tokensPerImage), vocabularySize: model.vocabularySize)
    }

    private func open(_ name: String) throws -> EncodedDataset {
        let dataset = try ConversationDataset(path: "\(Self.folder)/\(name)", imageFolder: "\(Self.folder)/pictures")
        return try EncodedDataset(dataset, encoder: encoder, maxLength: 4_096, onLong: .error)
    }

    @Test("is recognised", arguments: DatasetForm.all)
    func recognised(form: DatasetForm) throws {
        let path = "\(Self.folder)/\(form.name)"
        #expect(try DatasetFormats.open(DatasetOptions(path: path, imageFolder: ".")).format == form.format)
    }

    @Test("gives the same tokens, labels and pixels, here and where a worker computes", arguments: DatasetForm.all)
    func same(form: DatasetForm) throws {
        let (rows, expected) = (try open(form.name), try open("llava.json"))
        #expect(rows.count == 20 && expected.count == 20)
        let (catalogue, expectedCatalogue) = (TinyLlava.catalogue(), TinyLlava.catalogue())
        for row in [7, 0, 19, 3, 13, 5, 1, 2, 4, 6, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18] {
            let (found, wanted) = (try rows.example(at: row), try expected.example(at: row))
            #expect(found.ids == wanted.ids && found.labels == wanted.labels, "row \(row)")
            #expect(try found.images.map { try $0.contents() } == wanted.images.map { try $0.contents() }, "row \(row)")
            #expect(
                try found.images.map(catalogue.identifier) == wanted.images.map(expectedCatalogue.identifier),
                "row \(row)")
        }
        let all = [3, 17, 7, 13]
        let pixels = try llava.source(rows).batch(of: all).tiles
        #expect(pixels?.shape.first == 5)
        #expect(try pixels?.values == llava.source(expected).batch(of: all).tiles?.values)
    }
}
