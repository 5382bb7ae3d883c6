/// s / temperature: above 1 evens probabilities out, below 1 sharpens them.
struct TemperatureScaling: LogitsProcessor {
    let temperature: Float

    func apply(to scores: inout [Float], after tokens: [Int32]) {
        for index in scores.indices { scores[index] /= temperature }
    }
}
