public import Models

/// The loss of a model over some examples.
public struct Evaluation: Sendable, Equatable {
    /// Mean loss of a supervised token.
    public var loss: Double
    /// Tokens that counted.
    public var supervisedTokens: Int
    /// Examples.
    public var rows: Int
    /// e to the loss.
    public var perplexity: Double
    /// Share of the examples that meet the criterion.
    public var exactMatch: Double
    /// What is asked of an example.
    public var criterion = Criterion.exactMatch

    /// When an example counts as one that the model gets right.
    public enum Criterion: String, Sendable {
        /// Greedy generation would write its answers token for token, end marks included.
        case exactMatch = "exact match"
        /// Of all captions, the nearest to its image is its own, or reads the same.
        case recallAt1 = "recall@1"
    }

    /// Tokens that a lane takes at a time.
    private static let tokensAtATime = 1_024

    /// Evaluates every example of a source; the result does not depend on the number of lanes.
    ///
    /// A contrastive model's loss is computed over all pairs, whatever the batch size.
    ///
    /// - Throws: what is wrong with an example or image.
    public init(_ model: any VisionLanguageModel, _ source: any RowSource, lanes: Lanes) throws {
        self = try model.objective.evaluation(of: source, lanes: lanes)
        guard loss.isFinite else {
            throw TrainingError(
                .diverged, "the loss is not finite: the adapter or the weights contain NaN or infinite values")
        }
    }

    /// What an objective found.
    ///
    /// - Parameters:
    ///   - loss: mean loss of a supervised token.
    ///   - rightShare: share of the examples that meet the criterion.
    init(loss: Double, supervisedTokens: Int, rows: Int, rightShare: Double, criterion: Criterion) {
        self.loss = loss
        self.supervisedTokens = supervisedTokens
        self.rows = rows
        perplexity = loss.exponential
        exactMatch = rightShare
        self.criterion = criterion
    }

    /// Neighbouring examples that a lane takes at a time.
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
