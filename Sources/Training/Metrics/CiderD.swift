import Foundation

/// CIDEr-D (arXiv:1411.5726): ten times the mean over n = 1...4 of the cosines between tf-idf vectors of a text's and
/// its references' n-grams, counts clipped to the reference's, times exp(-δ² / 2σ²) for lengths that differ by δ.
///
/// The idf of an n-gram is log(examples / examples whose references hold it): scores depend on the whole set, and a
/// single example has 0. As in the package pycocoevalcap, a length is counted in pairs of words.
struct CiderD {
    private typealias Counts = [[String]: Double]

    private static let longest = 4
    private static let sigma = 6.0

    /// The score of each example.
    let scores: [Double]

    /// Scores texts, as words, against their references.
    init(_ rows: [(text: [String], references: [[String]])]) {
        let references = rows.map { $0.references.map(Self.counts) }
        var rowsWith: [[String]: Double] = [:]
        for row in references {
            for gram in row.reduce(into: Set<[String]>(), { $0.formUnion($1.keys) }) { rowsWith[gram, default: 0] += 1 }
        }
        let weighting = Weighting(logRows: log(Double(max(1, rows.count))), rowsWith: rowsWith)
        scores = zip(rows, references).map { row, references in
            let text = weighting.vector(Self.counts(row.text))
            let total = references.reduce(0) { $0 + text.similarity(to: weighting.vector($1)) }
            return references.isEmpty ? 0 : 10 * total / Double(references.count)
        }
    }

    private static func counts(_ words: [String]) -> Counts {
        var counts: Counts = [:]
        for length in 1...longest where words.count >= length {
            for start in 0...words.count - length { counts[Array(words[start..<start + length]), default: 0] += 1 }
        }
        return counts
    }

    /// What turns counts into tf-idf vectors.
    private struct Weighting {
        let logRows: Double
        let rowsWith: [[String]: Double]

        func vector(_ counts: Counts) -> Vector {
            var vector = Vector()
            for (gram, count) in counts {
                let weight = count * (logRows - log(max(1, rowsWith[gram] ?? 0)))
                vector.weights[gram] = weight
                vector.squares[gram.count - 1] += weight * weight
                if gram.count == 2 { vector.length += count }
            }
            return vector
        }
    }

    private struct Vector {
        var weights: Counts = [:]
        /// Squared norms by length of n-gram.
        var squares = [Double](repeating: 0, count: longest)
        var length = 0.0

        func similarity(to reference: Vector) -> Double {
            var products = [Double](repeating: 0, count: longest)
            for (gram, weight) in weights {
                guard let other = reference.weights[gram] else { continue }
                products[gram.count - 1] += min(weight, other) * other
            }
            let cosines = (0..<longest).map { index in
                let norm = (squares[index] * reference.squares[index]).squareRoot()
                return norm > 0 ? products[index] / norm : 0
            }
            let difference = length - reference.length
            let penalty = exp(-difference * difference / (2 * sigma * sigma))
            return penalty * cosines.reduce(0, +) / Double(longest)
        }
    }
}
