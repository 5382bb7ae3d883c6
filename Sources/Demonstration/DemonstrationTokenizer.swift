import Models

/// The tokenizer of the bundled model: byte-level byte pairs, with every word of day and dusk as one token.
struct DemonstrationTokenizer {
    /// End of text, the marks of ChatML, and where an image stands.
    static let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"]

    private let merges: [(String, String)]
    /// Tokens in the order of their numbers.
    let vocabulary: [String]

    /// Learns it from a sample of what is asked and answered.
    init() {
        let questions = [Domain.day, .dusk].flatMap { domain in
            let rows = PictureDataset(domain, count: 2000, questionsPerPicture: domain.questions.count, seed: 1)
            return (0..<rows.count).flatMap { rows.row($0).row.questions }
        }
        merges =
            BytePairTrainer(
                questions.flatMap { [$0.text, " " + $0.text, $0.answer, " " + $0.answer] } + [
                    "user", "assistant", "system",
                ]
            ).merges
        vocabulary = Self.special + ByteAlphabet.characters + merges.map { $0.0 + $0.1 }
    }

    /// `tokenizer.json`.
    var file: JSONValue {
        let byteLevel: [JSONValue.Member] = [
            .init("type", .string("ByteLevel")), .init("add_prefix_space", .bool(false)),
            .init("trim_offsets", .bool(false)), .init("use_regex", .bool(true)),
        ]
        return .object([
            .init("version", .string("1.0")), .init("truncation", .null), .init("padding", .null),
            .init("added_tokens", .array(Self.special.enumerated().map(Self.addedToken))), .init("normalizer", .null),
            .init("pre_tokenizer", .object(byteLevel)), .init("post_processor", .object(byteLevel)),
            .init("decoder", .object(byteLevel)), .init("model", model),
        ])
    }

    private var model: JSONValue {
        .object([
            .init("type", .string("BPE")), .init("dropout", .null), .init("unk_token", .null),
            .init("continuing_subword_prefix", .null), .init("end_of_word_suffix", .null),
            .init("fuse_unk", .bool(false)), .init("byte_fallback", .bool(false)), .init("ignore_merges", .bool(false)),
            .init("vocab", .object(vocabulary.enumerated().map { .init($1, .int($0)) })),
            .init("merges", .array(merges.map { .array([.string($0.0), .string($0.1)]) })),
        ])
    }

    private static func addedToken(_ number: Int, _ text: String) -> JSONValue {
        .object(
            [.init("id", .int(number)), .init("content", .string(text))]
                + ["single_word", "lstrip", "rstrip", "normalized"].map { .init($0, .bool(false)) }
                + [.init("special", .bool(true))])
    }
}
