/// Text to token ids and back, as a Hugging Face `tokenizer.json` describes it.
///
/// The ids, offsets and decoded text are those of the `tokenizers` package (the reference implementation), for models
/// of byte pair encoding: byte-level (GPT-2, Llama 3, Qwen, SmolLM), SentencePiece with byte fallback (Llama 2, Gemma)
/// and with a suffix at the end of words (CLIP). Truncation and padding that a file asks for are not applied.
public struct Tokenizer: Sendable {
    /// The token that begins a text, if there is one.
    public let bosToken: String?
    /// The token that ends a text, if there is one.
    public let eosToken: String?
    /// The token that fills batches up, if there is one.
    public let padToken: String?

    let model: BytePairModel
    let addedVocabulary: AddedVocabulary
    let normalizer: (any Normalizer)?
    let preTokenizer: (any PreTokenizer)?
    let postProcessor: (any PostProcessor)?
    let decoder: (any TokenDecoder)?
    private let spaces: TokenSpaces?
    private let scratch = ScratchPool()

    init(_ file: TokenizerFile, specialTokens: SpecialTokens, adding tokens: [AddedToken] = []) throws {
        bosToken = specialTokens.bos
        eosToken = specialTokens.eos
        padToken = specialTokens.pad
        normalizer = try file.section("normalizer").map(Normalizers.make)
        preTokenizer = try file.section("pre_tokenizer").map(PreTokenizers.make)
        postProcessor = try file.section("post_processor").map(PostProcessors.make)
        decoder = try file.section("decoder").map(TokenDecoders.make)
        model = try BytePairModel(file.model)
        addedVocabulary = AddedVocabulary(
            specialTokens.added(to: try file.addedTokens()).replacing(with: tokens), model: model.vocabulary,
            normalizer: normalizer)
        spaces = postProcessor?.trimsOffsets ?? false ? TokenSpaces(model.vocabulary) : nil
    }

    /// The added tokens with their ids, by id.
    public var addedTokens: [(id: Int, token: AddedToken)] { addedVocabulary.entries }

    /// The number of tokens, added ones included.
    public var vocabularySize: Int {
        var size = model.vocabulary.count
        addedVocabulary.ids.forEach { token, _ in
            if token.withUnsafeBufferPointer({ model.vocabulary.id(of: $0) }) == nil { size += 1 }
        }
        return size
    }

    /// The id of ``bosToken``.
    public var bosTokenID: Int? { bosToken.flatMap { id(of: $0) } }

    /// The id of ``eosToken``.
    public var eosTokenID: Int? { eosToken.flatMap { id(of: $0) } }

    /// The id of ``padToken``.
    public var padTokenID: Int? { padToken.flatMap { id(of: $0) } }

    /// The id of a token, if it is in the vocabulary or was added.
    public func id(of token: String) -> Int? { addedVocabulary.ids.id(of: token) ?? model.vocabulary.id(of: token) }

    /// The token with an id, as the vocabulary writes it.
    public func token(of id: Int) -> String? {
        addedVocabulary.content(of: id) ?? model.vocabulary.token(of: id).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Encodes a text.
    ///
    /// - Parameters:
    ///   - text: The text; tokens written in it, such as `</s>`, become those tokens.
    ///   - addSpecialTokens: Whether to put the special tokens around it that the model was trained with.
    public func encode(_ text: String, addSpecialTokens: Bool = true) -> Encoding {
        var pieces = PreTokenizedText(AlignedText(UTF8Bytes.scalars(of: text)))
        addedVocabulary.extractExact(from: &pieces)
        if let normalizer { pieces.transform(normalizer.normalize) }
        addedVocabulary.extractNormalized(from: &pieces)
        preTokenizer?.preTokenize(&pieces)
        var groups = [scratch.withScratch { tokens(of: pieces, &$0) }]
        postProcessor?.process(&groups, addSpecialTokens: addSpecialTokens)
        var encoding = Encoding(ids: [], offsets: [])
        let count = groups.reduce(0) { $0 + $1.count }
        encoding.ids.reserveCapacity(count)
        encoding.offsets.reserveCapacity(count)
        for token in groups.joined() {
            encoding.ids.append(Int(token.id))
            encoding.offsets.append(Int(token.span.start)..<Int(max(token.span.start, token.span.end)))
        }
        return encoding
    }

    /// Decodes token ids; unknown ids are skipped.
    ///
    /// - Parameters:
    ///   - ids: The ids.
    ///   - skipSpecialTokens: Whether to skip special tokens.
    public func decode(_ ids: [Int], skipSpecialTokens: Bool = true) -> String {
        let tokens = ids.compactMap { id -> [UInt32]? in
            if skipSpecialTokens, addedVocabulary.isSkipped(id) { return nil }
            return addedVocabulary.decodedForm(of: id) ?? model.vocabulary.token(of: id).map(UTF8Bytes.scalars)
        }
        let scalars = decoder?.decode(tokens).flatMap { $0 } ?? Array(tokens.joined(separator: [0x20]))
        return String(decoding: UTF8Bytes.bytes(scalars), as: UTF8.self)
    }

    private func tokens(of text: PreTokenizedText, _ scratch: inout BytePairScratch) -> [EncodedToken] {
        var tokens: [EncodedToken] = []
        tokens.reserveCapacity(text.pieces.count * 2)
        text.scalars.withUnsafeBufferPointer { scalars in
            for piece in text.pieces {
                if let id = piece.addedToken {
                    let span = Span(
                        start: text.spans[piece.range.lowerBound].start, end: text.spans[piece.range.upperBound - 1].end
                    )
                    var token = EncodedToken(id: id, span: span)
                    if spaces != nil { token.countSpaces(in: scalars[piece.range]) }
                    tokens.append(token)
                } else {
                    scratch.tokens.removeAll(keepingCapacity: true)
                    model.tokenize(UnsafeBufferPointer(rebasing: scalars[piece.range]), &scratch)
                    append(scratch.tokens, of: piece, in: text, to: &tokens)
                }
            }
        }
        return tokens
    }

    /// Appends the model's tokens of a piece with the spans their bytes come from.
    private func append(
        _ modelTokens: [BytePairToken], of piece: TextPiece, in text: PreTokenizedText, to tokens: inout [EncodedToken]
    ) {
        var (position, bytes) = (piece.range.lowerBound, 0)
        for modelToken in modelTokens {
            let start = text.spans[position].start
            bytes += Int(modelToken.length)
            var end = position
            while end < piece.range.upperBound {
                let length = UTF8Bytes.count(text.scalars[end])
                guard bytes >= length else { break }
                bytes -= length
                end += 1
            }
            let last = bytes > 0 && end < piece.range.upperBound ? end : max(end - 1, position)
            var token = EncodedToken(id: modelToken.id, span: Span(start: start, end: text.spans[last].end))
            if let spaces { spaces.count(&token) }
            tokens.append(token)
            position = min(end, piece.range.upperBound - 1)
        }
    }
}

extension [AddedToken] {
    /// The tokens and others behind them; one of the same text takes the place of the earlier one, as in transformers'
    /// `add_tokens`.
    fileprivate func replacing(with others: [AddedToken]) -> [AddedToken] {
        others.reduce(into: self) { tokens, token in
            if let index = tokens.firstIndex(where: { $0.content.utf8.elementsEqual(token.content.utf8) }) {
                tokens[index] = token
            } else {
                tokens.append(token)
            }
        }
    }
}
