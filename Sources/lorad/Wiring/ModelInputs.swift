import Foundation
import Models
import Training

/// What turns rows of a dataset into a model's input: its tokenizer, chat template and image processor.
struct ModelInputs: Sendable {
    let tokenizer: Tokenizer
    let processor: ImageProcessor
    let template: ConversationTemplate
    /// Which template was taken and why, to be said once.
    let templateNotice: String
    let encoder: ExampleEncoder
    let imageSize: Int

    /// Reads them from a model folder.
    ///
    /// - Parameter template: a template's name, or `auto`.
    init(folder: URL, model: any VisionLanguageModel, template name: String) throws {
        tokenizer = try Tokenizer(folder: folder)
        processor = try ImageProcessor(directory: folder)
        if name == ConversationTemplates.automatic {
            let found = try ConversationTemplates.recognised(inFolder: folder.path)
            template = found.template
            templateNotice = "template \(template.name) (recognised in \(found.file))"
        } else {
            template = try ConversationTemplates.named(name)
            templateNotice = "template \(template.name)"
        }
        guard let token = tokenizer.token(of: model.imageToken) else {
            throw ModelError(
                .invalidConfiguration,
                "\(folder.path): the image token \(model.imageToken) of config.json is not in tokenizer.json; "
                    + "both must come from the same model")
        }
        encoder = ExampleEncoder(
            tokenizer: tokenizer, template: template, endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(token: token, id: model.imageToken, countPerImage: model.tokensPerImage),
            vocabularySize: model.vocabularySize)
        imageSize = model.imageSize
    }

    /// Opens a dataset; every row is checked.
    func source(path: String, images: String, maxLength: Int, onLong: DataArguments.LongRows) throws -> OpenedSource {
        let conversations = try ConversationDataset(path: path, imageFolder: images)
        let encoded = try EncodedDataset(conversations, encoder: encoder, maxLength: maxLength, onLong: onLong)
        return OpenedSource(
            rows: ConversationSource(encoded, processor: processor, imageSize: imageSize), encoded: encoded,
            droppedCount: encoded.droppedCount)
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
