public import Tensors

/// Writes text with a model, token by token.
public struct TextGenerator: Sendable {
    private let model: any GenerativeModel
    private let tokenizer: Tokenizer
    private let settings: GenerationSettings

    /// Creates a generator.
    ///
    /// - Throws: `ModelError` if a setting has no meaning.
    public init(_ model: any GenerativeModel, tokenizer: Tokenizer, settings: GenerationSettings) throws {
        try settings.validate()
        (self.model, self.tokenizer, self.settings) = (model, tokenizer, settings)
    }

    /// Continues a prompt.
    ///
    /// - Parameters:
    ///   - prompt: token ids, image tokens expanded.
    ///   - images: in the order of their tokens, each its tiles [tiles, channels, height, width] in float32.
    ///   - onToken: called for each token as it is chosen, with the newly completed text, which is often empty.
    /// - Throws: `ModelError` if the prompt does not fit the model, or the model's scores are not finite.
    public func generate(
        _ prompt: [Int32], images: [Tensor] = [], onToken: (_ token: Int32, _ text: String) -> Void = { _, _ in }
    ) throws -> GeneratedText {
        try check(prompt, images)
        let (cache, processors) = (model.newCache(), settings.processors)
        var choice = TokenChoice(samples: settings.samples, seed: settings.seed)
        var output = Output(tokenizer, settings)
        var scores = try model.nextScores(prompt, images: images, cache: cache)
        while true {
            for processor in processors { processor.apply(to: &scores, after: prompt + output.result.tokens) }
            let token = choice.token(of: scores)
            let (text, isFinished) = output.take(token)
            onToken(token, text)
            if isFinished { return output.result }
            scores = try model.nextScores([token], cache: cache)
        }
    }

    private func check(_ prompt: [Int32], _ images: [Tensor]) throws {
        guard !prompt.isEmpty else {
            throw ModelError(.invalidInput, "the prompt is empty: there is nothing to continue")
        }
        if let unknown = prompt.first(where: { $0 < 0 || $0 >= model.vocabularySize }) {
            throw ModelError(
                .invalidInput,
                "the prompt has token \(unknown), but the model knows only \(model.vocabularySize) tokens: "
                    + "tokenizer.json and config.json are not of the same model"
            )
        }
        let found = prompt.count { $0 == model.imageToken }
        let expected = images.reduce(0) { $0 + model.featureCount(of: $1) }
        guard found == expected else {
            let count = images.count == 1 ? "1 image" : "\(images.count) images"
            throw ModelError(
                .invalidInput, "the prompt has \(found) image tokens, expected \(expected) for \(count)")
        }
    }
}

extension GenerativeModel {
    fileprivate func nextScores(_ tokens: [Int32], images: [Tensor] = [], cache: DecoderCache) throws -> [Float] {
        let logits = nextLogits(tokens, images: images, cache: cache)
        guard !logits.hasNonFinite else {
            throw ModelError(
                .invalidInput,
                "the scores of the next token are not finite: the weights or the adapter contain NaN or infinite values"
            )
        }
        return logits.values
    }
}

/// What becomes of chosen tokens: the text so far, and whether it is at its end.
private struct Output {
    private(set) var result = GeneratedText()
    private let settings: GenerationSettings
    private var stream: TextStream
    private var finder: StopFinder

    init(_ tokenizer: Tokenizer, _ settings: GenerationSettings) {
        self.settings = settings
        stream = TextStream(tokenizer)
        finder = StopFinder(settings.stopStrings)
    }

    /// Takes a token; hands out the text that is complete then.
    mutating func take(_ token: Int32) -> (text: String, isFinished: Bool) {
        result.tokens.append(token)
        let isEnd = settings.endTokens.contains(Int(token))
        var (text, isStopped) = finder.text(after: isEnd ? "" : stream.text(after: token))
        let isFinished = isEnd || isStopped || result.tokens.count >= settings.maxNewTokens
        if isFinished, !isStopped {
            let (last, found) = finder.text(after: stream.rest())
            (text, isStopped) = (text + last + (found ? "" : finder.rest()), found)
        }
        result.text += text
        if isFinished { result.ending = isStopped ? .stopString : isEnd ? .endToken : .length }
        return (text, isFinished)
    }
}
