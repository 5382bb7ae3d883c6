import Adapters
import Foundation
import Models
import Tensors
import Training

extension FuzzTarget {
    /// Every reader of files that come from elsewhere.
    static let all: [FuzzTarget] = [
        FuzzTarget("safetensors") { _ = try SafetensorsFile(data: $0, name: "x").stateDict },
        FuzzTarget("json") { _ = try JSONValue(parsing: $0, file: "x").text() },
        FuzzTarget("adapter") { _ = try AdapterFolder.configuration($0, file: "x") },
        FuzzTarget("tokenizer") { data in
            let tokenizer = try Tokenizer(json: data)
            for text in ["", "Où est <image>\n l'été? 图 😀 123 don't", "  a  b </s><s>"] {
                _ = tokenizer.decode(tokenizer.encode(text).ids)
            }
        },
        FuzzTarget("image") { data in
            let limits = ImageLimits(pixels: 1 << 18, fileBytes: 1 << 20)
            let size = try RGBImage.size(of: data, name: "x", limits: limits)
            let image = try RGBImage(data: data, name: "x", limits: limits)
            precondition(size == (image.width, image.height), "the header says another size")
            _ = try? RGBImage(data: data, name: "x", alpha: .compositedOnWhite, limits: limits)
        },
        FuzzTarget("conversations", file: ".json") { try readRows(of: $0, as: .automatic) },
        FuzzTarget("captions", file: ".csv") { try readRows(of: $0, as: .imageCaption) },
        FuzzTarget("tables", file: ".tsv") { try readRows(of: $0, as: .questionAnswer) },
        FuzzTarget("archives", file: ".tar") { try readRows(of: $0, as: .webDataset) },
        FuzzTarget("work") { data in
            let limits = WorkLimits(vocabularySize: 100, imageToken: 9, tokensPerImage: 3, maxLength: 64)
            _ = try? StepWork(data, limits: limits)
            _ = try? StretchWork(data, limits: limits)
        },
    ]

    /// Opens a dataset and reads everything that can be asked of its rows, and the headers of pictures within it.
    private static func readRows(of path: String, as format: DataFormat) throws {
        var options = DatasetOptions(path: path)
        options.format = format
        let rows = try options.openRows()
        for row in 0..<min(rows.count, 64) {
            _ = rows.place(ofRow: row)
            _ = try? rows.fields(ofRow: row)
            _ = try? rows.part(ofRow: row)
            guard let conversation = try? rows.conversation(at: row) else { continue }
            for picture in conversation.images {
                if case .file = picture.place { continue }
                _ = try? picture.size()
            }
        }
        options.format = .automatic
        _ = try? ConversationDataset(options)
    }
}
