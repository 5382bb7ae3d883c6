import Adapters
public import ArgumentParser
import Foundation
import Models
import Tensors
public import Training

/// `lorad eval`: the loss of a model, with or without an adapter, over a dataset.
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract:
            "Evaluate a model on a dataset: loss, answer quality, and retrieval or classification for CLIP models.",
        discussion: """
            token_exact_match is the share of examples whose answer greedy decoding would generate token for token, measured in
            one pass over the dataset. With --generate, the model answers every question, and the texts are compared: exact
            match, VQA accuracy, ROUGE-L and CIDEr-D, against the example's `answers` (or `references`) if it has any, otherwise
            against the answer in its conversation.

            Examples:
              lorad eval --model models/llava --adapter out --generate --json \\
                --data data/test.json --images data/images
              lorad eval --model models/clip --data data/test.json --images data/images
              lorad eval --model models/clip --classes classes.txt --class-prompt 'a photo of a {}' \\
                --data data/labelled.json --images data/images

            For a CLIP model, captioned examples measure retrieval between images and captions, and --classes measures zero-shot
            classification. --data can then be a folder with one subfolder per class.
            """)

    @Option(help: "Hugging Face folder of the base model.")
    var model: String

    @Option(help: "PEFT adapter folder.")
    var adapter: String?

    @Option(help: "Dataset: a file, a folder, or a range or pattern of tar archives or Parquet files.")
    var data: String

    @Option(help: "Dataset format; auto detects it from the content.")
    var format = DataFormat.automatic

    @OptionGroup var columns: ColumnOptions

    @Option(help: "Question to ask about each image when the data has only captions or classes.")
    var prompt: String?

    @Option(help: "Folder that image paths are relative to.")
    var images = "."

    @Option(help: "Conversation template, or auto.")
    var template = ConversationTemplates.automatic

    @Option(help: "Precision of weights and matrix products: fp32 or bf16.")
    var precision = ModelArguments.Precision.fp32

    @Option(help: "Maximum number of tokens per example.")
    var maxLength = DataArguments().maxLength

    @Option(help: "What to do with a longer example: error, drop or, for CLIP models, truncate.")
    var onLong = DataArguments.LongRows.error

    @Option(help: "Number of compute threads (default: the number of available cores).")
    var lanes: Int?

    @Flag(help: "Generate an answer to every question and score it.")
    var generate = false

    @Option(
        help: """
            File with one class name per line. A CLIP model classifies the images; other models use the names for the class \
            numbers in .cls members of tar archives.
            """)
    var classes: String?

    @Option(help: "Prompt with {} in place of the class name; several are averaged (default: 'a photo of a {}').")
    var classPrompt: [String] = []

    @Option(help: "Field that holds an example's class name, or its number from 0.")
    var label = "label"

    @Flag(
        help:
            "Skip examples and images that cannot be used, and list them. Every image is decoded before training starts."
    )
    var skipBadRows = false

    @Option(help: "Maximum number of generated tokens.")
    var maxNewTokens = 128

    @Option(help: "JSON Lines file for the generated answers and their scores.")
    var predictions: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        if let lanes, !LaneCount.range.contains(lanes) {
            throw ValidationError("--lanes must be from 1 to \(LaneCount.range.upperBound)")
        }
        guard maxNewTokens > 0 else { throw ValidationError("--max-new-tokens must be at least 1") }
        if generate, onLong != .error {
            throw ValidationError(
                "--on-long \(onLong.rawValue) cannot be combined with --generate, which answers every question")
        }
        if predictions != nil, !generate { throw ValidationError("--predictions needs --generate") }
    }

    func run() throws {
        let display = ProgressDisplay()
        Products.notices(computing: precision.type).forEach(display.say)
        let (folder, model) = try load(display)
        if let report = try comparison(of: model, folder, display) {
            return print(json ? try report.json() : report.text)
        }
        let inputs = try ModelInputs(folder, model: model, template: template, names: .options)
        inputs.templateNotices.forEach(display.say)
        let source = try inputs.source(options, maxLength: maxLength, onLong: onLong, say: display.say)
        let lanes = Lanes(count: self.lanes ?? LaneCount.automatic.resolved)
        let evaluation = try folder.namingDamage {
            try Evaluation(model, source.rows, lanes: lanes)
        }
        let scores = try generate ? answer(model, inputs, lanes, display) : nil
        print(json ? try jsonText(evaluation, scores, skipped: source.encoded.skipped.count) : text(evaluation, scores))
    }

    private var options: DatasetOptions {
        var options = DatasetOptions(path: data, imageFolder: images)
        options.format = format
        options.prompt = prompt
        columns.set(&options)
        options.classes = classes
        options.skipsBadRows = skipBadRows
        options.names = .options
        return options
    }

    /// Answers every question with the most probable tokens.
    private func answer(
        _ model: any VisionLanguageModel, _ inputs: ModelInputs, _ lanes: Lanes, _ display: ProgressDisplay
    ) throws -> PredictionScores {
        var settings = GenerationSettings()
        settings.endTokens = try inputs.generationSettings(folder: URL(filePath: self.model)).settings.endTokens
        settings.maxNewTokens = maxNewTokens
        let questions = try Questions(ConversationDataset(options, fit: inputs.fit))
        let found = try questions.answered(by: inputs.writer(model, settings), lanes: lanes) { count in
            display.draw(["\(count.grouped) of \(questions.count.grouped) questions answered"])
        }
        let scores = try PredictionScores(found)
        if let predictions { try PredictionFile.write(found, scores, to: predictions) }
        return scores
    }

    private func load(
        _ display: ProgressDisplay
    ) throws -> (folder: ModelFolder, model: any VisionLanguageModel) {
        let folder = try ModelFolder(URL(filePath: model))
        guard let adapter else {
            let loaded = try folder.load(computing: precision.type)
            loaded.unusedNotice.map(display.say)
            return (folder, loaded.model)
        }
        let adapted = try AdaptedModel(folder, adapterFolder: URL(filePath: adapter), computing: precision.type)
        adapted.notices.forEach(display.say)
        return (adapted.folder, adapted.model)
    }

    /// What images and texts are to each other, where the model compares them.
    private func comparison(
        of model: any VisionLanguageModel, _ source: ModelFolder, _ display: ProgressDisplay
    ) throws -> (any EvaluationReport)? {
        guard let model = model.objective.comparison else {
            guard classPrompt.isEmpty else {
                throw CommandError("\(self.model) does not compare images with text: --class-prompt is for CLIP models")
            }
            return nil
        }
        let inputs = try ModelInputs(source, model: model, template: template, names: .options)
        let threads = Lanes(count: lanes ?? LaneCount.automatic.resolved)
        guard try classes != nil || format == .automatic && LabelledPictures.areFolders(options) else {
            let source = try inputs.source(options, maxLength: maxLength, onLong: onLong, say: display.say)
            return RetrievalReport(try PairEvaluation(model, source.rows, lanes: threads))
        }
        let pictures = try LabelledPictures(
            options, key: label, classes: classes.map(LabelledPictures.classes), fit: inputs.fit)
        display.say(pictures.notice)
        SkippedRows(pictures).report(display.say)
        let classifier = try ZeroShotClassifier(
            classes: pictures.classes.map { $0.replacing("_", with: " ") },
            prompts: classPrompt.isEmpty ? ["a photo of a {}"] : classPrompt, model: model,
            encoder: CaptionEncoder(tokenizer: inputs.tokenizer, model: model), lanes: threads)
        let found = try ZeroShotEvaluation(
            classifier, pictures, model: model, layout: inputs.layout, lanes: threads)
        return ZeroShotReport(found, classes: pictures.classes)
    }

    private struct Output: Encodable {
        var loss: Double
        var supervised_tokens: Int
        var rows: Int
        var perplexity: Double
        var token_exact_match: Double
        var exact_match: Double?
        var vqa_accuracy: Double?
        var rouge_l: Double?
        var cider: Double?
        var skipped_rows: Int?
    }

    private func jsonText(_ evaluation: Evaluation, _ scores: PredictionScores?, skipped: Int) throws -> String {
        let output = Output(
            loss: evaluation.loss, supervised_tokens: evaluation.supervisedTokens, rows: evaluation.rows,
            perplexity: evaluation.perplexity, token_exact_match: evaluation.exactMatch,
            exact_match: scores?.mean.exactMatch, vqa_accuracy: scores?.mean.vqaAccuracy, rouge_l: scores?.mean.rougeL,
            cider: scores?.mean.cider, skipped_rows: skipBadRows ? skipped : nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(output), as: UTF8.self)
    }

    private func text(_ evaluation: Evaluation, _ scores: PredictionScores?) -> String {
        let lines = [
            String(format: "loss         %.6f", evaluation.loss),
            String(format: "perplexity   %.4f", evaluation.perplexity),
            "tokens       \(evaluation.supervisedTokens.grouped)", "examples     \(evaluation.rows.grouped)",
            String(format: "token match  %.2f%%", 100 * evaluation.exactMatch),
        ]
        return (lines + (scores.map { [$0.text] } ?? [])).joined(separator: "\n")
    }
}

extension ModelArguments.Precision: ExpressibleByArgument {}
extension DataFormat: ExpressibleByArgument {}
extension DataArguments.LongRows: ExpressibleByArgument {}
