import Foundation
import Tensors

/// Chooses a token by its score.
struct TokenChoice {
    let samples: Bool
    private var random: SplitMix64

    init(samples: Bool, seed: UInt64) {
        self.samples = samples
        random = SplitMix64(seed: seed)
    }

    /// The most probable token, the first of equals, or one drawn with the probabilities softmax(scores).
    mutating func token(of scores: [Float]) -> Int32 {
        guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }) else { return 0 }
        let top = scores.firstIndex(of: scores[best]) ?? best
        return Int32(samples ? drawn(scores, top) : top)
    }

    private mutating func drawn(_ scores: [Float], _ top: Int) -> Int {
        let weights = scores.map { $0 == -.infinity ? 0 : exp(Double($0 - scores[top])) }
        var rest = Double(random.next() >> 11) * 0x1p-53 * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() where weight > 0 {
            guard rest >= weight else { return index }
            rest -= weight
        }
        return top  // rounding alone leads here
    }
}
