import Foundation
import Models
import Training

/// What turns rows of a dataset into a model's input: its tokenizer, chat template and image processor.
struct ModelInputs: Sendable {
    let tokenizer: Tokenizer
    let processor: ImageProcessor
    /// How rows are written, to be said once.
    let templateNotice: String
    private let encoder: any RowEncoder
    private let imageSize: Int
    private let pictureLength: Int

    /// Reads them from a model folder.
    ///
    /// - Parameter template: a template's name, or `auto`.
    init(folder: URL, model: any VisionLanguageModel, template name: String) throws {
        tokenizer = try Tokenizer(folder: folder)
        processor = try ImageProcessor(directory: folder)
        imageSize = model.imageSize
        switch model.kind {
        case .generative(let model):
            let (template, notice) = try Self.template(name, folder)
            encoder = try Self.encoder(tokenizer, template, model, folder)
            (templateNotice, pictureLength) = (notice, 0)
        case .contrastive(let model):
            encoder = CaptionEncoder(tokenizer: tokenizer, model: model)
            (templateNotice, pictureLength) = ("pairs of a picture and its caption", model.rowsPerImage)
        }
    }

    private static func template(_ name: String, _ folder: URL) throws -> (ConversationTemplate, notice: String) {
        if name == ConversationTemplates.automatic {
            let found = try ConversationTemplates.recognised(inFolder: folder.path)
            return (found.template, "template \(found.template.name) (recognised in \(found.file))")
        }
        let template = try ConversationTemplates.named(name)
        return (template, "template \(template.name)")
    }

    private static func encoder(
        _ tokenizer: Tokenizer, _ template: ConversationTemplate, _ model: any GenerativeModel, _ folder: URL
    ) throws -> ExampleEncoder {
        guard let token = tokenizer.token(of: model.imageToken) else {
            throw ModelError(
                .invalidConfiguration,
                "\(folder.path): the image token \(model.imageToken) of config.json is not in tokenizer.json; "
                    + "both must come from the same model")
        }
        return ExampleEncoder(
            tokenizer: tokenizer, template: template, endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(token: token, id: model.imageToken, countPerImage: model.tokensPerImage),
            vocabularySize: model.vocabularySize)
    }

    /// Opens a dataset; every row is checked.
    func source(path: String, images: String, maxLength: Int, onLong: DataArguments.LongRows) throws -> OpenedSource {
        let conversations = try ConversationDataset(path: path, imageFolder: images)
        let encoded = try EncodedDataset(conversations, encoder: encoder, maxLength: maxLength, onLong: onLong)
        return OpenedSource(
            rows: ConversationSource(
                encoded, processor: processor, imageSize: imageSize, pictureLength: pictureLength),
            encoded: encoded, droppedCount: encoded.droppedCount)
    }
}

/// A dataset ready to be trained or evaluated on.
struct OpenedSource: Sendable {
    let rows: ConversationSource
    /// The same rows before they are packed.
    let encoded: EncodedDataset
    /// Rows left out because they are too long.
    let droppedCount: Int
}
