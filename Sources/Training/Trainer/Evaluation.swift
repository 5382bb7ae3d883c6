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
    /// Share of the rows whose answers greedy generation would write token for token, end marks included.
    public var exactMatch: Double

    /// Tokens that a lane takes at a time.
    private static let tokensAtATime = 1_024

    /// Evaluates every row of a source; the result does not depend on the number of lanes.
    ///
    /// - Throws: what is wrong with a row or picture.
    public init(_ model: any VisionLanguageModel, _ source: any RowSource, lanes: Lanes) throws {
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
        guard total.loss.isFinite else {
            throw TrainingError(
                .diverged, "the loss is not a finite number: the adapter or the weights hold NaN or infinite values")
        }
        let tokens = (0..<source.count).reduce(0) { $0 + source.supervisedCount(at: $1) }
        loss = total.loss / Double(max(1, tokens))
        supervisedTokens = tokens
        rows = source.count
        perplexity = loss.exponential
        exactMatch = Double(total.exact) / Double(max(1, source.count))
    }

    private static func parts(_ source: any RowSource) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var (start, tokens) = (0, 0)
        for row in 0..<source.count {
            if row > start, tokens + source.length(at: row) > tokensAtATime {
                parts.append(start..<row)
                (start, tokens) = (row, 0)
            }
            tokens += source.length(at: row)
        }
        return parts + [start..<source.count]
    }
}
