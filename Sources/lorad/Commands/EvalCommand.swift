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
        abstract: "Measures the loss of a model over a dataset.",
        discussion: """
            Example:
              lorad eval --model models/llava --adapter out --generate --json \\
                --data data/test.json --images data/images
            """)

    @Option(help: "The Hugging Face folder of the base model.")
    var model: String

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Option(help: "The rows: a file, a folder, or a range of tar archives.")
    var data: String

    @Option(help: "How the data is written; auto recognises it by what it holds.")
    var format = DataFormat.automatic

    @Option(help: "What a picture is asked where the data has captions or classes only.")
    var prompt: String?

    @Option(help: "The folder that picture paths are relative to.")
    var images = "."

    @Option(help: "The conversation template, or auto.")
    var template = ConversationTemplates.automatic

    @Option(help: "fp32 or bf16.")
    var precision = ModelArguments.Precision.fp32

    @Option(help: "The most tokens that a row may have; longer ones are an error.")
    var maxLength = DataArguments().maxLength

    @Option(help: "Threads to compute on; as many as cores unless given.")
    var lanes: Int?

    @Flag(help: "Adds exact_match: the share of rows whose answers greedy generation writes token for token.")
    var generate = false

    @Flag(help: "Leaves out rows and pictures that cannot be used, and names them; every picture is decoded first.")
    var skipBadRows = false

    @Flag(help: "Prints one JSON object.")
    var json = false

    func validate() throws {
        if let lanes, lanes < 1 { throw ValidationError("--lanes must be at least 1") }
    }

    func run() throws {
        let display = ProgressDisplay()
        Products.notices(computing: precision.type).forEach(display.say)
        let model = try load(display)
        let inputs = try ModelInputs(folder: URL(filePath: self.model), model: model, template: template)
        display.say(inputs.templateNotice)
        let source = try inputs.source(options, maxLength: maxLength, onLong: .error, say: display.say)
        let count = lanes ?? LaneCount.automatic.resolved
        let evaluation = try Evaluation(model, source.rows, lanes: Lanes(count: count))
        print(json ? try jsonText(evaluation, skipped: source.encoded.skipped.count) : text(evaluation))
    }

    private var options: DatasetOptions {
        var options = DatasetOptions(path: data, imageFolder: images)
        options.format = format
        options.prompt = prompt
        options.skipsBadRows = skipBadRows
        return options
    }

    private func load(_ display: ProgressDisplay) throws -> any VisionLanguageModel {
        let folder = try ModelFolder(URL(filePath: model))
        guard let adapter else { return try folder.load(computing: precision.type).model }
        let adapted = try AdaptedModel(folder, adapterFolder: URL(filePath: adapter), computing: precision.type)
        adapted.notices.forEach(display.say)
        return adapted.model
    }

    private struct Output: Encodable {
        var loss: Double
        var supervised_tokens: Int
        var rows: Int
        var perplexity: Double
        var exact_match: Double?
        var skipped_rows: Int?
    }

    private func jsonText(_ evaluation: Evaluation, skipped: Int) throws -> String {
        let output = Output(
            loss: evaluation.loss, supervised_tokens: evaluation.supervisedTokens, rows: evaluation.rows,
            perplexity: evaluation.perplexity, exact_match: generate ? evaluation.exactMatch : nil,
            skipped_rows: skipBadRows ? skipped : nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(output), as: UTF8.self)
    }

    private func text(_ evaluation: Evaluation) -> String {
        let lines = [
            String(format: "loss         %.6f", evaluation.loss),
            String(format: "perplexity   %.4f", evaluation.perplexity),
            "tokens       \(evaluation.supervisedTokens.grouped)", "rows         \(evaluation.rows.grouped)",
        ]
        let exact = String(format: "exact match  %.2f%%", 100 * evaluation.exactMatch)
        return (lines + (generate ? [exact] : [])).joined(separator: "\n")
    }
}

extension ModelArguments.Precision: ExpressibleByArgument {}
extension DataFormat: ExpressibleByArgument {}
