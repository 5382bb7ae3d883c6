public import Foundation

extension GenerationSettings {
    /// Keys that change what transformers generates and are not applied here, with the values that change nothing.
    private static let unapplied: [(key: String, neutral: [JSONValue])] = [
        ("num_beams", [.int(1)]), ("num_beam_groups", [.int(1)]), ("min_length", [.int(0)]),
        ("min_new_tokens", [.int(0)]), ("min_p", [.int(0), .double(0)]), ("top_h", []),
        ("typical_p", [.int(1), .double(1)]), ("epsilon_cutoff", [.int(0), .double(0)]),
        ("eta_cutoff", [.int(0), .double(0)]), ("no_repeat_ngram_size", [.int(0)]),
        ("encoder_repetition_penalty", [.int(1), .double(1)]), ("encoder_no_repeat_ngram_size", [.int(0)]),
        ("penalty_alpha", [.int(0), .double(0)]), ("guidance_scale", [.int(1), .double(1)]), ("bad_words_ids", []),
        ("suppress_tokens", []), ("begin_suppress_tokens", []), ("forced_bos_token_id", []),
        ("forced_eos_token_id", []), ("sequence_bias", []), ("exponential_decay_length_penalty", []),
        ("watermarking_config", []), ("stop_strings", []),
    ]

    /// Reads a model folder's `generation_config.json`, if present, and the end tokens.
    ///
    /// End tokens default to those of `config.json`, or of its `text_config`.
    ///
    /// - Returns: the settings, and a line for each key that has no effect here.
    /// - Throws: `ModelError` naming file and key.
    public static func read(folder: URL) throws -> (settings: GenerationSettings, notes: [String]) {
        var settings = GenerationSettings()
        var notes: [String] = []
        let file = folder.appending(path: "generation_config.json")
        if FileManager.default.fileExists(atPath: file.path) {
            let reader = try ConfigurationReader(file: file)
            try settings.read(reader)
            notes = unapplied.compactMap { key, neutral in
                guard reader.has(key), let value = reader.object[key], !neutral.contains(value) else { return nil }
                return "\(reader.file): \(key) \(value.summary) is not applied"
            }
        }
        if settings.endTokens.isEmpty { settings.endTokens = try endTokens(ofModel: folder) }
        return (settings, notes)
    }

    private mutating func read(_ reader: ConfigurationReader) throws {
        maxNewTokens = try reader.size("max_new_tokens", default: maxNewTokens)
        samples = try reader.flag("do_sample", default: samples)
        temperature = try reader.number("temperature", default: temperature)
        topK = try reader.integer("top_k", default: topK)
        topP = try reader.number("top_p", default: topP)
        repetitionPenalty = try reader.number("repetition_penalty", default: repetitionPenalty)
        endTokens = try Self.endTokens(reader)
        do {
            try validate()
        } catch {
            throw ModelError(.invalidConfiguration, "\(reader.file) cannot be used", cause: error)
        }
    }

    private static func endTokens(ofModel folder: URL) throws -> Set<Int> {
        let reader = try ConfigurationReader(file: folder.appending(path: "config.json"))
        let own = try endTokens(reader)
        return try own.isEmpty ? endTokens(reader.section("text_config")) : own
    }

    /// `eos_token_id`: one, or a list of them; a negative one stands for none.
    private static func endTokens(_ reader: ConfigurationReader) throws -> Set<Int> {
        let key = "eos_token_id"
        guard reader.has(key), let value = reader.object[key] else { return [] }
        let ids = (value.arrayValue ?? [value]).map(\.intValue)
        guard !ids.contains(nil) else {
            throw reader.invalid(key, value.summary, "a token id or a list of them")
        }
        return Set(ids.compactMap(\.self).filter { $0 >= 0 })
    }
}
