import Training

extension Evaluation {
    /// What a round's figures keep of it, by the names that `trainer_log.jsonl` has.
    var figures: [String: Double] { ["eval_loss": loss, criterion.logName: exactMatch] }
}

extension Evaluation.Criterion {
    /// What the share of examples that meet it is called in `trainer_log.jsonl`.
    var logName: String {
        switch self {
        case .exactMatch: "eval_exact_match"
        case .recallAt1: "eval_recall_at_1"
        }
    }
}
