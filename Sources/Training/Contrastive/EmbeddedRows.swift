public import Models
import Tensors

/// The embeddings of all examples of a source, and which of their images and captions are the same.
public struct EmbeddedRows: Sendable {
    let pairs: PairEmbeddings
    /// For each example, which of the different images it has.
    let pictureOfRow: [Int]
    /// For each example, which of the different captions it has.
    let captionOfRow: [Int]

    /// One lane's part.
    private struct Part: Sendable {
        let pairs: PairEmbeddings
        let pictures: [UInt64]
        let captions: [[Int32]]
    }

    /// Embeds every example; the result does not depend on the number of lanes.
    ///
    /// - Throws: what is wrong with an example or image.
    public init(_ model: any ContrastiveModel, _ source: any RowSource, lanes: Lanes) throws {
        let ranges = Evaluation.parts(source)
        guard !ranges.isEmpty else {
            throw TrainingError(.invalidDataset, "there are no examples to evaluate on")
        }
        let parts = Locked<[Part?]>(Array(repeating: nil, count: ranges.count))
        try lanes.forEach(ranges.count) { index in
            let batch = try source.batch(of: Array(ranges[index]))
            let pairs = try Tensor.withoutGraph { try PairEmbeddings(model, batch) }
            let part = Part(pairs: pairs, pictures: batch.pictureHashes, captions: batch.sequences)
            parts.withLock { $0[index] = part }
        }
        let all = parts.withLock { $0.compactMap(\.self) }
        pairs = PairEmbeddings(joining: all.map(\.pairs))
        pictureOfRow = Self.places(all.flatMap(\.pictures))
        captionOfRow = Self.places(all.flatMap(\.captions))
    }

    /// How many examples.
    var count: Int { pairs.count }

    /// A number for each element, the same for equal ones, from 0 in the order of their first places.
    private static func places<Element: Hashable>(_ elements: [Element]) -> [Int] {
        var known: [Element: Int] = [:]
        return elements.map { element in
            let place = known[element] ?? known.count
            known[element] = place
            return place
        }
    }
}

extension PackedBatch {
    /// The tokens of each sequence.
    fileprivate var sequences: [[Int32]] {
        zip(boundaries, boundaries.dropFirst()).map { Array(tokens[$0..<$1]) }
    }

    /// A hash of each image's pixels.
    fileprivate var pictureHashes: [UInt64] {
        guard let pixels = tiles, let count = pixels.shape.first, count > 0 else { return [] }
        let size = pixels.count / count
        return pixels.withFloats { values in
            (0..<count).map { picture in
                values[picture * size..<(picture + 1) * size].reduce(0xcbf2_9ce4_8422_2325) { hash, value in
                    (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
                }
            }
        }
    }
}
