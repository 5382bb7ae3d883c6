/// How good predictions are, one by one and on average.
public struct PredictionScores: Sendable, Equatable {
    /// The scores of one prediction, or their means.
    public struct Scores: Sendable, Equatable {
        /// 1 if it equals one of the references, ignoring case and white space.
        public var exactMatch = 0.0
        /// VQA v2's accuracy, from 0 to 1.
        public var vqaAccuracy = 0.0
        /// ROUGE-L, from 0 to 1.
        public var rougeL = 0.0
        /// CIDEr-D, mostly from 0 to 10; it depends on all of the predictions.
        public var cider = 0.0
    }

    /// Each prediction's.
    public let each: [Scores]
    /// Their means.
    public let mean: Scores

    /// Scores predictions.
    ///
    /// - Throws: `TrainingError` if there are none.
    public init(_ predictions: [Prediction]) throws {
        guard !predictions.isEmpty else { throw TrainingError(.invalidDataset, "there are no predictions to score") }
        let cider = CiderD(
            predictions.map { (CaptionWords.of($0.prediction), $0.references.map(CaptionWords.of)) }
        ).scores
        let each = zip(predictions, cider).map { item, cider in
            Scores(
                exactMatch: ExactMatch.of(item.prediction, item.references),
                vqaAccuracy: VQAAccuracy.of(item.prediction, item.references),
                rougeL: RougeL.of(item.prediction, item.references), cider: cider)
        }
        self.each = each
        let mean = { (path: KeyPath<Scores, Double>) in each.reduce(0) { $0 + $1[keyPath: path] } / Double(each.count) }
        self.mean = Scores(
            exactMatch: mean(\.exactMatch), vqaAccuracy: mean(\.vqaAccuracy), rougeL: mean(\.rougeL),
            cider: mean(\.cider))
    }
}

extension PredictionScores.Scores {
    /// The names that files and commands give them, with the values.
    public var named: [(name: String, value: Double)] {
        [("exact_match", exactMatch), ("vqa_accuracy", vqaAccuracy), ("rouge_l", rougeL), ("cider", cider)]
    }
}
