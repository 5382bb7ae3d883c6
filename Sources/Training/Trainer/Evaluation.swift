public import Models
import Tensors

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

    /// Tokens that a lane takes at a time.
    private static let tokensAtATime = 1_024

    /// Evaluates every row of a source; the result does not depend on the number of lanes.
    ///
    /// - Throws: what is wrong with a row or picture.
    public init(_ model: any VisionLanguageModel, _ source: any RowSource, lanes: Lanes) throws {
        let parts = Self.parts(source)
        let tree = Locked(TreeSum<Double>(count: parts.count) { $0 + $1 })
        try lanes.forEach(parts.count) { index in
            let batch = try source.batch(of: Array(parts[index]))
            let sum = Tensor.withoutGraph { Double(model.loss(batch).values[0]) }
            tree.withLock { $0.insert(sum, at: index) }
        }
        let tokens = (0..<source.count).reduce(0) { $0 + source.supervisedCount(at: $1) }
        let mean = tree.withLock { $0.total ?? 0 } / Double(max(1, tokens))
        loss = mean
        supervisedTokens = tokens
        rows = source.count
        perplexity = mean.exponential
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
