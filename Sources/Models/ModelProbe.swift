import Foundation
import Tensors

/// Made-up inputs that show whether two models compute the same.
struct ModelProbe {
    private var random: SplitMix64
    /// Random words.
    let words: [Int32]

    init(seed: UInt64, vocabularySize: Int) {
        var random = SplitMix64(seed: seed)
        words = (0..<24).map { _ in Int32(random.next(below: vocabularySize)) }
        self.random = random
    }

    /// Normal noise of a shape.
    mutating func noise(_ shape: [Int]) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }, shape: shape)
    }
}

extension GenerativeModel {
    /// Logits of every token of a text around an image.
    public func probed(seed: UInt64) -> [Float] {
        var probe = ModelProbe(seed: seed, vocabularySize: vocabularySize)
        let words = probe.words.filter { $0 != imageToken }
        let image = probe.noise([1, 3, tile.height, tile.width])
        let tokens =
            words.prefix(4) + Array(repeating: Int32(imageToken), count: featureCount(of: image)) + words.dropFirst(4)
        return logits(PackedBatch(sequences: [(Array(tokens), Array(tokens))], images: [image])).values
    }
}

extension ContrastiveModel {
    /// The cosine of every pair of some images and texts, times the scale.
    public func probed(seed: UInt64) -> [Float] {
        var probe = ModelProbe(seed: seed, vocabularySize: vocabularySize)
        let words = probe.words
        let length = min(words.count / 3, maximumTextLength)
        let end = endToken.map(Int32.init)
        let texts = (0..<3).map { text in
            words[text * length..<(text + 1) * length].dropLast().filter { $0 != end } + [end ?? words[0]]
        }
        let boundaries = texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        let pictures = probe.noise([3, 3, tile.height, tile.width])
        return Tensor.withoutGraph {
            let texts = textEmbeddings(texts.flatMap(\.self), boundaries: boundaries)
            let scale = exp(logitScale.values[0])
            return pictureEmbeddings(pictures).projected(by: [Projection(weight: texts)]).values.map { scale * $0 }
        }
    }
}
