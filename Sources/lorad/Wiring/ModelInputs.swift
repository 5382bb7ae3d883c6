import Foundation
import Models
import Tensors
import Training

/// What turns rows of a dataset into a model's input: its tokenizer, chat template and image processor.
struct ModelInputs: Sendable {
    let tokenizer: Tokenizer
    let processor: ImageProcessor
    /// Whether the model can take what the processor makes.
    let fit: PictureFit
    /// How rows are written, and what is doubtful about it: a line each, to be said once.
    let templateNotices: [String]
    /// How conversations are written, where the model continues texts.
    let dialogue: Dialogue?
    private let encoder: any RowEncoder
    private let imageSize: Int
    private let pictureLength: Int

    /// A chat template, and what encodes conversations with it.
    struct Dialogue: Sendable {
        let template: ConversationTemplate
        let encoder: ExampleEncoder
    }

    /// Reads them from a model folder.
    ///
    /// - Parameters:
    ///   - template: a template's name, or `auto`.
    ///   - names: what messages call the settings.
    init(
        folder: URL, model: any VisionLanguageModel, template name: String, names: SettingNames = .runFile
    ) throws {
        tokenizer = try Tokenizer(folder: folder)
        processor = try ImageProcessor(directory: folder)
        imageSize = model.imageSize
        fit = try PictureFit(processor, imageSize: imageSize, name: folder.path)
        switch model.kind {
        case .generative(let model):
            let (template, notice) = try Self.template(name, folder, names)
            let examples = try Self.encoder(tokenizer, template, model, folder)
            dialogue = Dialogue(template: template, encoder: examples)
            (encoder, pictureLength) = (examples, 0)
            templateNotices = [notice, Self.warning(template, tokenizer, names)].compactMap(\.self)
        case .contrastive(let model):
            dialogue = nil
            encoder = CaptionEncoder(tokenizer: tokenizer, model: model)
            templateNotices = ["pairs of a picture and its caption"]
            pictureLength = model.rowsPerImage
        }
    }

    private static func template(
        _ name: String, _ folder: URL, _ names: SettingNames
    ) throws -> (ConversationTemplate, notice: String) {
        if name == ConversationTemplates.automatic {
            let found = try ConversationTemplates.recognised(inFolder: folder.path, names: names)
            let omitted = found.omittedSystem.map {
                "; its default system text (\"\($0.prefix(60))\"…) is left out: give rows a system turn to have one"
            }
            return (found.template, "template \(found.template.name) (recognised in \(found.file))\(omitted ?? "")")
        }
        let template = try ConversationTemplates.named(name)
        return (template, "template \(template.name)")
    }

    /// What there is to say where the tokenizer cuts marks of a template into pieces.
    private static func warning(
        _ template: ConversationTemplate, _ tokenizer: Tokenizer, _ names: SettingNames
    ) -> String? {
        template.notice(names: names) { mark in
            guard let id = tokenizer.id(of: mark) else { return false }
            return tokenizer.encode(mark, addSpecialTokens: false).ids == [id]
        }
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
            tokenizer: tokenizer, template: template,
            marks: TextMarks(beginningOfText: tokenizer.bosToken ?? "", endOfText: tokenizer.eosToken ?? ""),
            image: ImagePlaceholder(token: token, id: model.imageToken, countPerImage: model.tokensPerImage),
            vocabularySize: model.vocabularySize)
    }

    /// The cache of what frozen layers make of pictures; nil where none is asked for, or no layer is frozen.
    ///
    /// - Parameters:
    ///   - path: its folder; empty for none.
    ///   - say: receives why there is none.
    func featureCache(
        _ path: String, gigabytes: Double, _ folder: ModelFolder, _ model: any VisionLanguageModel,
        computing type: DType, say: (String) -> Void
    ) throws -> FeatureCache? {
        guard !path.isEmpty else { return nil }
        let configuration = try Data(contentsOf: folder.url.appending(path: "config.json"))
        guard
            let layers = FeatureCache.Layers(
                of: model, folder.checkpoint, configuration: configuration, computing: type)
        else {
            say("data.feature_cache is not used: the vision layers train")
            return nil
        }
        return try FeatureCache(
            folder: URL(filePath: path), limit: Int(gigabytes * 1e9), layers: layers, processor: processor)
    }

    /// Opens a dataset; every row is checked.
    ///
    /// - Parameter say: receives what the dataset was taken for, and rows that are left out.
    func source(
        _ options: DatasetOptions, maxLength: Int, onLong: DataArguments.LongRows, say: (String) -> Void
    ) throws -> OpenedSource {
        let conversations = try ConversationDataset(options, fit: fit)
        say(conversations.notice)
        let encoded = try EncodedDataset(conversations, encoder: encoder, maxLength: maxLength, onLong: onLong)
        SkippedRows([encoded]).report(say)
        encoded.truncationNotice.map(say)
        return OpenedSource(
            rows: ConversationSource(
                encoded, processor: processor, imageSize: imageSize, pictureLength: pictureLength),
            encoded: encoded, droppedCount: encoded.droppedCount)
    }
}

/// A dataset ready to be trained or evaluated on.
struct OpenedSource: Sendable {
    var rows: ConversationSource
    /// The same rows before they are packed.
    let encoded: EncodedDataset
    /// Rows left out because they are too long.
    let droppedCount: Int
}
