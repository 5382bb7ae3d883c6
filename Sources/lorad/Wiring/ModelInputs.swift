import Foundation
import Models
import Tensors
import Training

/// What turns examples of a dataset into a model's input: its tokenizer, chat template and image processor.
struct ModelInputs: Sendable {
    let tokenizer: Tokenizer
    /// What the model makes of images.
    let layout: any ImageLayout
    /// Whether the model can take what the processor makes.
    let fit: PictureFit
    /// What turns examples into tokens.
    private let encoding: RowEncoding
    private let imageLength: Int

    /// Notices about the format of examples, one line each, to be shown once.
    var templateNotices: [String] { encoding.notices }
    /// How conversations are written; `nil` if the model continues no texts.
    var dialogue: RowEncoding.Dialogue? { encoding.dialogue }

    /// Reads them from a model folder.
    ///
    /// - Parameters:
    ///   - template: a template's name, or `auto`.
    ///   - names: what messages call the settings.
    init(
        _ source: ModelFolder, model: any VisionLanguageModel, template name: String, names: SettingNames = .runFile
    ) throws {
        let folder = source.url
        tokenizer = try source.tokenizer()
        layout = try model.imageLayout(folder)
        fit = try PictureFit(layout, name: folder.path)
        let objective = model.objective
        encoding = try objective.encoding(
            source, tokenizer: tokenizer, layout: layout, template: name, names: names)
        imageLength = objective.imageLength
    }

    /// The cache of features from frozen layers; `nil` if none is requested or no layer is frozen.
    ///
    /// - Parameters:
    ///   - path: its folder; empty for none.
    ///   - say: called with the reason if there is none.
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
            say("data.feature_cache is not used: the vision layers are trained")
            return nil
        }
        return try FeatureCache(
            folder: URL(filePath: path), limit: Int(gigabytes * 1e9), layers: layers, layout: layout)
    }

    /// Opens a dataset; every example is checked.
    ///
    /// - Parameter say: called with the detected format, and with skipped examples.
    func source(
        _ options: DatasetOptions, maxLength: Int, onLong: DataArguments.LongRows, say: (String) -> Void
    ) throws -> OpenedSource {
        let conversations = try ConversationDataset(options, fit: fit)
        say(conversations.notice)
        let encoded = try EncodedDataset(conversations, encoder: encoding.encoder, maxLength: maxLength, onLong: onLong)
        SkippedRows([encoded]).report(say)
        encoded.truncationNotice.map(say)
        return OpenedSource(
            rows: ConversationSource(encoded, layout: layout, imageLength: imageLength),
            encoded: encoded, droppedCount: encoded.droppedCount)
    }
}

/// A dataset ready to be trained or evaluated on.
struct OpenedSource: Sendable {
    var rows: ConversationSource
    /// The same examples before they are packed.
    let encoded: EncodedDataset
    /// Number of examples dropped because they are too long.
    let droppedCount: Int
}
