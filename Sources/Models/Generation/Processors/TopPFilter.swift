import Foundation

/// -∞ for the least probable tokens that have 1 - p together at most (nucleus sampling, arXiv:1904.09751); the most
/// probable one stays.
struct TopPFilter: LogitsProcessor {
    let probability: Double

    func apply(to scores: inout [Float], after tokens: [Int32]) {
        let top = scores.max() ?? 0
        let weights = scores.map { $0 == -.infinity ? 0 : exp(Double($0 - top)) }
        let total = weights.reduce(0, +)
        // Any token with 1/n of what may go at most is sure to go; only the few others need an order.
        let sure = (1 - probability) / Double(scores.count) * total
        let others = scores.indices.filter { weights[$0] > sure }.sorted { scores[$0] < scores[$1] }
        var below = 0.0
        for index in scores.indices where weights[index] <= sure {
            below += weights[index]
            scores[index] = -.infinity
        }
        for index in others.dropLast() {
            below += weights[index]
            guard Float(below / total) <= Float(1 - probability) else { return }
            scores[index] = -.infinity
        }
    }
}
