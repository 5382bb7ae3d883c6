/// s / penalty where s ≥ 0, s · penalty where s < 0, for each token that is there already (arXiv:1909.05858).
struct RepetitionPenalty: LogitsProcessor {
    let penalty: Float

    func apply(to scores: inout [Float], after tokens: [Int32]) {
        for token in Set(tokens) where scores.indices.contains(Int(token)) {
            let score = scores[Int(token)]
            scores[Int(token)] = score < 0 ? score * penalty : score / penalty
        }
    }
}
