public import Models

/// The loss of a model over some rows.
public struct Evaluation: Sendable, Equatable {
    /// Mean loss of a supervised token.
    public var loss: Double
    /// Tokens that counted.
    public var supervisedTokens: Int
    /// Rows.
    public var rows: Int
    /// e to the loss.
    public var perplexity: Double
    /// Share of the rows that meet the criterion.
    public var exactMatch: Double
    /// What is asked of a row.
    public var criterion = Criterion.exactMatch

    /// When a row counts as one that the model gets right.
    public enum Criterion: String, Sendable {
        /// Greedy generation would write its answers token for token, end marks included.
        case exactMatch = "exact match"
        /// Of all captions, the nearest to its picture is its own, or reads the same.
        case recallAt1 = "recall@1"
    }

    /// Tokens that a lane takes at a time.
    private static let tokensAtATime = 1_024

    /// Evaluates every row of a source; the result does not depend on the number of lanes.
    ///
    /// A contrastive model's loss is that of all pairs against each other, however many a step takes.
    ///
    /// - Throws: what is wrong with a row or picture.
    public init(_ model: any VisionLanguageModel, _ source: any RowSource, lanes: Lanes) throws {
        switch model.kind {
        case .generative(let model): try self.init(generative: model, source, lanes)
        case .contrastive(let model): try self.init(contrastive: model, source, lanes)
        }
        guard loss.isFinite else {
            throw TrainingError(
                .diverged, "the loss is not a finite number: the adapter or the weights hold NaN or infinite values")
        }
    }

    private init(contrastive model: any ContrastiveModel, _ source: any RowSource, _ lanes: Lanes) throws {
        let pairs = try PairEvaluation(model, source, lanes: lanes)
        loss = pairs.loss.sum / Double(source.count)
        supervisedTokens = source.count
        rows = source.count
        perplexity = loss.exponential
        exactMatch = pairs.shareOfNearestCaptions
        criterion = .recallAt1
    }

    private init(generative model: any GenerativeModel, _ source: any RowSource, _ lanes: Lanes) throws {
        let parts = Self.parts(source)
        let tree = Locked(
            TreeSum<(loss: Double, exact: Int)>(count: parts.count) { ($0.loss + $1.loss, $0.exact + $1.exact) })
        try lanes.forEach(parts.count) { index in
            let scored = model.scored(try source.batch(of: Array(parts[index])))
            tree.withLock { $0.insert((scored.loss, scored.isExact.count { $0 }), at: index) }
        }
        guard let total = tree.withLock({ $0.total }) else {
            throw TrainingError(.invalidDataset, "there are no rows to evaluate on")
        }
        let tokens = (0..<source.count).reduce(0) { $0 + source.supervisedCount(at: $1) }
        loss = total.loss / Double(max(1, tokens))
        supervisedTokens = tokens
        rows = source.count
        perplexity = loss.exponential
        exactMatch = Double(total.exact) / Double(max(1, source.count))
    }

    /// Neighbouring rows that a lane takes at a time.
    static func parts(_ source: any RowSource) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var (start, tokens) = (0, 0)
        for row in 0..<source.count {
            if row > start, tokens + source.length(at: row) > tokensAtATime {
                parts.append(start..<row)
                (start, tokens) = (row, 0)
            }
            tokens += source.length(at: row)
        }
        return start < source.count ? parts + [start..<source.count] : parts
    }
}
