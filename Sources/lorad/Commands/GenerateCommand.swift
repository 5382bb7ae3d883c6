import Adapters
import ArgumentParser
import Foundation
import Models
import Tensors
import Training

/// `lorad generate`: a model's answer to a question about images.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Answer a question about images, printing the text as it is generated.",
        discussion: """
            Decoding is greedy unless generation_config.json sets do_sample or one of --temperature, --top-p and --top-k is given.
            Other settings default to generation_config.json, then to those of transformers. `<image>` in the prompt marks the
            position of an image; without it, the images come first.

            Examples:
              lorad generate --model models/llava --adapter out --image scan.png --prompt "What is shown?"
              lorad generate --model models/llava --image a.jpg b.jpg --prompt "<image> or <image>?" --temperature 0.7
            """)

    @Option(help: "Hugging Face folder of the base model.")
    var model: String

    @Option(help: "PEFT adapter folder.")
    var adapter: String?

    @Flag(help: "Merge the adapter into copies of the weights first: faster per token, more memory.")
    var merge = false

    @Option(parsing: .upToNextOption, help: "Images, in the order of the <image> markers in the prompt.")
    var image: [String] = []

    @Option(help: "The prompt.")
    var prompt: String

    @Option(help: "System prompt.")
    var system: String?

    @Option(help: "Conversation template, or auto.")
    var template = ConversationTemplates.automatic

    @Option(help: "Maximum number of new tokens.")
    var maxNewTokens: Int?

    @Option(help: "Sampling temperature; 0 decodes greedily.")
    var temperature: Double?

    @Option(help: "Sample from the smallest set of tokens whose total probability reaches this value.")
    var topP: Double?

    @Option(help: "Sample from this many of the most probable tokens; 0 means all.")
    var topK: Int?

    @Option(help: "Penalty on tokens already in the prompt or the output; 1 means none.")
    var repetitionPenalty: Double?

    @Option(help: "Random seed.")
    var seed: UInt64 = 0

    @Option(parsing: .upToNextOption, help: "Stop strings. They are not part of the answer.")
    var stop: [String] = []

    @Option(help: "Precision of weights and matrix products: fp32 or bf16.")
    var precision = ModelArguments.Precision.fp32

    @Flag(help: "Print one JSON object at the end, with the token ids.")
    var json = false

    func validate() throws {
        if merge, adapter == nil { throw ValidationError("--merge needs --adapter") }
    }

    func run() throws {
        let display = ProgressDisplay()
        Products.notices(computing: precision.type).forEach(display.say)
        let (source, model) = try load(display)
        let folder = source.url
        let inputs = try ModelInputs(source, model: model, template: template, names: .options)
        inputs.templateNotices.forEach(display.say)
        let (settings, notes) = try inputs.generationSettings(folder: folder)
        notes.forEach(display.say)
        let writer = try inputs.writer(model, overridden(settings))
        let prompt = try writer.prompt(turns(), images: image.map(Picture.init(file:)))
        let clock = TokenClock()
        let output = StreamedText(isShown: !json)
        let answer = try RowTeam.withThreads(LaneCount.automatic.resolved) {
            try writer.answer(prompt) { _, text in
                clock.tick()
                output.show(text)
            }
        }
        output.finish()
        if json { return print(try jsonText(prompt, answer, clock)) }
        display.say("\(answer.tokens.count) tokens, \(clock.summary)")
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
        guard merge else { return (adapted.folder, adapted.model) }
        let merged = MergedWeights(adapted.weights, into: adapted.folder.checkpoint, computing: precision.type)
        return (
            adapted.folder, try adapted.folder.load(computing: precision.type, customization: merged).model
        )
    }

    private func turns() throws -> [ConversationTurn] {
        let marker = Conversation.imageMarker
        let markers = prompt.components(separatedBy: marker).count - 1
        guard markers == 0 || markers == image.count else {
            throw CommandError("the prompt has \(markers) \(marker) markers, but --image names \(image.count) images")
        }
        let first: String = markers == 0 ? String(repeating: "\(marker)\n", count: image.count) : ""
        let question = ConversationTurn(.user, first + prompt)
        return if let system { [ConversationTurn(.system, system), question] } else { [question] }
    }

    private func overridden(_ settings: GenerationSettings) -> GenerationSettings {
        var settings = settings
        if temperature != nil || topP != nil || topK != nil { settings.samples = temperature != 0 }
        settings.maxNewTokens = maxNewTokens ?? settings.maxNewTokens
        if let temperature, temperature != 0 { settings.temperature = temperature }
        settings.topP = topP ?? settings.topP
        settings.topK = topK ?? settings.topK
        settings.repetitionPenalty = repetitionPenalty ?? settings.repetitionPenalty
        settings.seed = seed
        settings.stopStrings += stop
        return settings
    }

    private struct Output: Encodable {
        var text: String
        var tokens: [Int32]
        var ending: String
        var prompt_tokens: Int
        var prompt_seconds: Double
        var tokens_per_second: Double
    }

    private func jsonText(_ prompt: AnswerWriter.Prompt, _ answer: GeneratedText, _ clock: TokenClock) throws -> String
    {
        let output = Output(
            text: answer.text, tokens: answer.tokens, ending: answer.ending.rawValue,
            prompt_tokens: prompt.tokens.count, prompt_seconds: clock.promptSeconds,
            tokens_per_second: clock.tokensPerSecond)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(output), as: UTF8.self)
    }
}

/// When the tokens of an answer came.
private final class TokenClock {
    private let start = ContinuousClock.now
    private var ticks: [ContinuousClock.Instant] = []

    func tick() { ticks.append(.now) }

    /// Seconds until the first token.
    var promptSeconds: Double { ticks.first.map { start.duration(to: $0).seconds } ?? 0 }

    /// Tokens a second after the first.
    var tokensPerSecond: Double {
        guard let first = ticks.first, let last = ticks.last, last > first else { return 0 }
        return Double(ticks.count - 1) / first.duration(to: last).seconds
    }

    var summary: String {
        String(format: "%.1f per second after the first, which took %.2f s", tokensPerSecond, promptSeconds)
    }
}

/// Text on standard output as it comes, without the space that tokenizers put before a first word.
private final class StreamedText {
    private let isShown: Bool
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var hasBegun = false

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ text: String) {
        let new = hasBegun ? text[...] : text.drop(while: \.isWhitespace)
        guard isShown, !new.isEmpty else { return }
        hasBegun = true
        FileHandle.standardOutput.tell(isTerminal ? new.filter(Self.isHarmless) : String(new))
    }

    /// Whether a character moves no cursor and changes no colour.
    private static func isHarmless(_ character: Character) -> Bool {
        character == "\n" || character == "\t"
            || !character.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    func finish() {
        if isShown { FileHandle.standardOutput.tell("\n") }
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
