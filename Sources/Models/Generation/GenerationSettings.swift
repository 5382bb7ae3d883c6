/// How text is generated: the names, meanings and defaults of transformers' `GenerationConfig`.
public struct GenerationSettings: Sendable, Equatable {
    /// `max_new_tokens`.
    public var maxNewTokens = 256
    /// `do_sample`: tokens are drawn; without it the most probable one is taken, and nothing but the repetition penalty
    /// has an effect.
    public var samples = false
    /// `temperature`: scores are divided by it.
    public var temperature = 1.0
    /// `top_k`: only the k most probable tokens are drawn from; 0 for all.
    public var topK = 50
    /// `top_p`: only the most probable tokens that have this probability together are drawn from (arXiv:1904.09751).
    public var topP = 1.0
    /// `repetition_penalty`: scores of tokens in the prompt or the generated text are divided by it, or multiplied if
    /// they are negative (arXiv:1909.05858).
    public var repetitionPenalty = 1.0
    /// `eos_token_id`: tokens that end a text.
    public var endTokens: Set<Int> = []
    /// Texts that end a text and are not part of it.
    public var stopStrings: [String] = []
    /// What draws follow from.
    public var seed: UInt64 = 0

    /// transformers' defaults, but for the length (20 there).
    public init() {}

    /// Checks that every setting with an effect is valid.
    ///
    /// - Throws: `ModelError` naming the setting, what was found and what was expected.
    public func validate() throws {
        try Self.check(maxNewTokens > 0, "max_new_tokens", "\(maxNewTokens)", "at least 1")
        try Self.check(
            repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition_penalty", "\(repetitionPenalty)", "above 0"
        )
        try Self.check(!stopStrings.contains(""), "stop", "an empty text", "some text")
        if samples { try validateSampling() }
    }

    private func validateSampling() throws {
        try Self.check(
            temperature > 0 && temperature.isFinite, "temperature", "\(temperature)",
            "above 0; decoding is greedy unless sampling is requested")
        try Self.check(topK >= 0, "top_k", "\(topK)", "0 or more")
        try Self.check((0...1).contains(topP), "top_p", "\(topP)", "between 0 and 1")
    }

    private static func check(_ holds: Bool, _ key: String, _ found: String, _ expected: String) throws {
        guard !holds else { return }
        throw ModelError(.invalidConfiguration, "\(key) is \(found), expected \(expected)")
    }

    /// What changes the scores, in transformers' order.
    var processors: [any LogitsProcessor] {
        var found: [any LogitsProcessor] = []
        if repetitionPenalty != 1 { found.append(RepetitionPenalty(penalty: Float(repetitionPenalty))) }
        guard samples else { return found }
        if temperature != 1 { found.append(TemperatureScaling(temperature: Float(temperature))) }
        if topK > 0 { found.append(TopKFilter(count: topK)) }
        if topP < 1 { found.append(TopPFilter(probability: topP)) }
        return found
    }
}
