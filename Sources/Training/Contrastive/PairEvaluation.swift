public import Models

/// Evaluation of a contrastive model on pairs: its loss and its retrieval.
public struct PairEvaluation: Sendable {
    let loss: ContrastiveLoss
    /// Recall in both directions.
    public let retrieval: Retrieval
    /// Examples.
    public let pairs: Int

    /// Evaluates every example of a source against all others; the result does not depend on the number of lanes.
    ///
    /// - Throws: what is wrong with an example or image.
    public init(_ model: any ContrastiveModel, _ source: any RowSource, lanes: Lanes) throws {
        let rows = try EmbeddedRows(model, source, lanes: lanes)
        loss = ContrastiveLoss(rows.pairs, logitScale: model.logitScale)
        retrieval = Retrieval(rows)
        pairs = rows.count
    }

    /// Mean of the symmetric loss over the pairs, all of them against each other.
    public var meanLoss: Double { loss.sum / Double(max(1, pairs)) }

    /// Share of the images whose nearest caption is theirs.
    var shareOfNearestCaptions: Double { retrieval.pictureToText.at1 }
}
