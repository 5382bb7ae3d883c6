/// Byte pair encoding: starts from single scalars and joins the adjacent pair of the lowest rank until none is left
/// (Sennrich, Haddow and Birch 2016, <https://aclanthology.org/P16-1162>).
struct BytePairModel: Sendable {
    let vocabulary: Vocabulary
    /// What a pair of ids becomes: its rank in the high half, the id of the joined token in the low one.
    let merges: PairTable
    private let symbols: [SymbolTable]
    private let byteTokens: [Int32]
    private let suffix: [UInt8]
    private let continuingPrefix: [UInt8]
    private let unknownToken: Int32?
    private let fusesUnknown: Bool
    private let fallsBackToBytes: Bool
    private let ignoresMerges: Bool
    /// The mark that begins words, where no token has it after anything but itself: no merge then crosses the start
    /// of a word, and a text may be cut there.
    private let wordMark: UInt32?

    /// Builds the model from what its section of the file holds.
    init(_ file: BytePairFile) throws {
        let options = file.options
        guard try Self.hasNoDropout(options) else { throw options.unsupported("dropout other than null or 0") }
        vocabulary = file.vocabulary
        continuingPrefix = Array((try options.optionalString("continuing_subword_prefix") ?? "").utf8)
        suffix = Array((try options.optionalString("end_of_word_suffix") ?? "").utf8)
        let resolved = try file.resolveMerges(prefixLength: continuingPrefix.count)
        merges = resolved.table
        unknownToken = try options.optionalString("unk_token").flatMap { [vocabulary] in vocabulary.id(of: $0) }
            .map { Int32($0) }
        fusesUnknown = try options.bool("fuse_unk", default: false)
        fallsBackToBytes = try options.bool("byte_fallback", default: false)
        ignoresMerges = try options.bool("ignore_merges", default: false)
        byteTokens = (0...255).map { [vocabulary] in vocabulary.id(of: ByteTokens.name($0)).map { Int32($0) } ?? -1 }
        symbols = SymbolTable.forms(vocabulary, prefix: continuingPrefix, suffix: suffix)
        let isPlain = continuingPrefix.isEmpty && suffix.isEmpty && !ignoresMerges
        wordMark = isPlain && WordMark.isSafe(in: vocabulary, merges: resolved.merged) ? WordMark.scalar : nil
    }

    private static func hasNoDropout(_ options: TokenizerSection) throws -> Bool {
        guard let value = options.value["dropout"], !value.isNull else { return true }
        guard let rate = value.doubleValue else {
            throw options.corrupt("expected a number at 'dropout', found \(value.summary)")
        }
        return rate == 0
    }

    /// Appends the tokens of a piece.
    func tokenize(_ piece: UnsafeBufferPointer<UInt32>, _ scratch: inout BytePairScratch) {
        guard let wordMark else { return tokenizeWord(piece, &scratch) }
        var start = 0
        for index in piece.indices.dropFirst() where piece[index] == wordMark && piece[index - 1] != wordMark {
            tokenizeWord(UnsafeBufferPointer(rebasing: piece[start..<index]), &scratch)
            start = index
        }
        tokenizeWord(UnsafeBufferPointer(rebasing: piece[start...]), &scratch)
    }

    private func tokenizeWord(_ word: UnsafeBufferPointer<UInt32>, _ scratch: inout BytePairScratch) {
        guard !word.isEmpty, !scratch.cache.appendTokens(of: word, to: &scratch.tokens) else { return }
        let first = scratch.tokens.count
        if ignoresMerges, let token = wholeToken(word) {
            scratch.tokens.append(token)
        } else {
            appendSymbols(of: word, to: &scratch.word)
            scratch.word.join(by: merges)
            scratch.tokens += scratch.word.tokens
            scratch.word.tokens.removeAll(keepingCapacity: true)
        }
        scratch.cache.insert(word, tokens: scratch.tokens[first...])
    }

    private func wholeToken(_ word: UnsafeBufferPointer<UInt32>) -> BytePairToken? {
        var bytes: [UInt8] = []
        for scalar in word { UTF8Bytes.append(scalar, to: &bytes) }
        return vocabulary.id(of: bytes).map { BytePairToken(id: Int32($0), length: Int32(bytes.count)) }
    }

    /// Appends one symbol for each scalar the vocabulary knows, and byte tokens or the unknown token for the others.
    ///
    /// An unknown token waits until the next known symbol, so that neighbours can be fused; bytes do not release it.
    private func appendSymbols(of word: UnsafeBufferPointer<UInt32>, to symbols: inout BytePairWord) {
        var unknownLength = 0
        for index in word.indices {
            let scalar = word[index]
            let length = UTF8Bytes.count(scalar)
            if let id = symbol(scalar, isFirst: index == 0, isLast: index == word.count - 1) {
                flushUnknown(&unknownLength, to: &symbols)
                symbols.tokens.append(BytePairToken(id: id, length: Int32(length)))
            } else if !appendBytes(of: scalar, isFirst: index == 0, isLast: index == word.count - 1, to: &symbols) {
                if !fusesUnknown { flushUnknown(&unknownLength, to: &symbols) }
                unknownLength += length
            }
        }
        flushUnknown(&unknownLength, to: &symbols)
    }

    private func symbol(_ scalar: UInt32, isFirst: Bool, isLast: Bool) -> Int32? {
        symbols[SymbolTable.form(isFirst: isFirst, isLast: isLast) % symbols.count][scalar]
    }

    private func flushUnknown(_ length: inout Int, to symbols: inout BytePairWord) {
        if length > 0, let unknownToken {
            symbols.tokens.append(BytePairToken(id: unknownToken, length: Int32(length)))
        }
        length = 0
    }

    private func appendBytes(of scalar: UInt32, isFirst: Bool, isLast: Bool, to symbols: inout BytePairWord) -> Bool {
        guard fallsBackToBytes else { return false }
        var bytes = isFirst ? [] : continuingPrefix
        UTF8Bytes.append(scalar, to: &bytes)
        if isLast { bytes += suffix }
        guard bytes.allSatisfy({ byteTokens[Int($0)] >= 0 }) else { return false }
        for byte in bytes { symbols.tokens.append(BytePairToken(id: byteTokens[Int(byte)], length: 1)) }
        return true
    }
}
