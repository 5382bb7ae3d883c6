import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// A way to write a row that asks about pictures once.
struct WrittenForm: Sendable, CustomTestStringConvertible {
    let name: String
    /// The file's name.
    let file: String
    /// The file's text.
    let text: @Sendable ([WrittenForm.Row]) -> String
    /// What `data.columns` says.
    var columns = ""

    struct Row: Sendable {
        let question: String
        let answer: String
        let image: String
    }

    var testDescription: String { name }

    /// The dataset in a folder of pictures.
    func dataset(_ rows: [Row], in folder: TemporaryFolder, images: String) throws -> ConversationDataset {
        var options = DatasetOptions(path: try folder.write(text(rows), to: file), imageFolder: images)
        options.columns = try ColumnMapping(text: columns)
        return try ConversationDataset(options)
    }

    /// LLaVA's: what the others must equal.
    static let llava = json("llava", file: "llava.jsonl") { row in
        let turns = [["from": "human", "value": "<image>\n\(row.question)"], ["from": "gpt", "value": row.answer]]
        return ["image": row.image, "conversations": turns]
    }

    static let all: [WrittenForm] = [
        json("alpaca") { ["instruction": $0.question, "output": $0.answer, "images": [$0.image]] },
        json("prompt and completion") { ["prompt": $0.question, "completion": $0.answer, "image": $0.image] },
        json("prompt and completion of messages") { row in
            [
                "prompt": [["role": "user", "content": row.question]],
                "completion": [["role": "assistant", "content": row.answer]], "image": row.image,
            ]
        },
        json("query and response") { ["query": $0.question, "response": $0.answer, "images": [$0.image]] },
        json("question and answer") { ["question": $0.question, "answer": $0.answer, "image": $0.image] },
        json("question and answers") {
            ["question": $0.question, "answers": ["x", $0.answer, $0.answer], "image": $0.image]
        },
        json("mapped columns", columns: "image=filepath,question=asked,answer=said") {
            ["asked": $0.question, "said": $0.answer, "filepath": $0.image, "answer": "not this one", "image": 3]
        },
        table("comma-separated", "rows.csv", ",", ["image", "question", "answer"]),
        table("tab-separated", "rows.tsv", "\t", ["image", "question", "answer"]),
        table("semicolons, mapped", "rows.txt", ";", ["photo", "q", "a"], columns: "image=photo,question=q,answer=a"),
    ]

    private static func json(
        _ name: String, file: String = "rows.jsonl", columns: String = "",
        _ row: @escaping @Sendable (Row) -> [String: any Sendable]
    ) -> WrittenForm {
        WrittenForm(
            name: name, file: file,
            text: { rows in
                rows.map { entry in
                    let data = try? JSONSerialization.data(withJSONObject: row(entry))
                    return String(decoding: data ?? Data(), as: UTF8.self)
                }.joined(separator: "\n")
            }, columns: columns)
    }

    private static func table(
        _ name: String, _ file: String, _ separator: String, _ names: [String], columns: String = ""
    ) -> WrittenForm {
        WrittenForm(
            name: name, file: file,
            text: { rows in
                let fields = rows.map { row in
                    [row.image, row.question, row.answer].map { "\"\($0.replacing("\"", with: "\"\""))\"" }
                }
                return ([names] + fields).map { $0.joined(separator: separator) }.joined(separator: "\n") + "\n"
            }, columns: columns)
    }
}

@Suite("Rows in another form")
struct RowFormEqualityTests {
    private static let rows: [WrittenForm.Row] = [
        .init(question: "What is it?", answer: "A \"red\" circle.", image: "red-circle.jpg"),
        .init(question: "What\nis it; really?", answer: "Ein blaues Viereck,\tgroß 図.", image: "blue-square.png"),
        .init(question: "Which 3?", answer: "Green.", image: "green-circle.png"),
    ]

    @Test("give the same tokens, labels and pixels as in LLaVA's", arguments: WrittenForm.all)
    func equality(form: WrittenForm) throws {
        let folder = try TemporaryFolder()
        let tiny = try TinyLlava()
        let rows = Self.rows
        let tokenizer = try Tokenizer(folder: TinyLlava.folder.appending(path: "model"))
        let encoder = ExampleEncoder(
            tokenizer: tokenizer, template: try ConversationTemplates.named("chatml"),
            endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(
                token: tokenizer.token(of: tiny.model.imageToken) ?? "", id: tiny.model.imageToken,
                countPerImage: tiny.model.tokensPerImage), vocabularySize: tiny.model.vocabularySize)
        let reader = PictureReader(tiny.layout)
        let datasets = try [form, .llava].map {
            try $0.dataset(rows, in: folder, images: TinyLlava.pictures)
        }
        #expect(datasets[0].count == rows.count)
        for row in 0..<rows.count {
            let examples = try datasets.map { try encoder.encode($0.conversation(at: row)) }
            #expect(examples[0] == examples[1], "\(form.name), row \(row)")
            #expect(examples[0].supervisedCount > 0)
            let pixels = try examples.map { try $0.images.map { try reader.tiles(of: $0).values } }
            #expect(pixels[0].count == 1 && pixels[0] == pixels[1])
        }
    }
}
