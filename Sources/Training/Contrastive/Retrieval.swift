import Models
import Tensors

/// How well images find their captions and captions their images, among all of a dataset.
///
/// Images that are the same count once, and so do captions; an image with several captions has found one of them.
public struct Retrieval: Sendable, Equatable {
    /// Share of queries with a right answer among the first k, by k.
    public struct Recall: Sendable, Equatable {
        /// Among the first.
        public let at1: Double
        /// Among the first five.
        public let at5: Double
        /// Among the first ten.
        public let at10: Double

        init(ranks: [Int]) {
            let share = { (k: Int) in Double(ranks.count { $0 < k }) / Double(max(1, ranks.count)) }
            (at1, at5, at10) = (share(1), share(5), share(10))
        }
    }

    /// Captions found by images.
    public let pictureToText: Recall
    /// Images found by captions.
    public let textToPicture: Recall
    /// Different images.
    public let pictures: Int
    /// Different captions.
    public let texts: Int

    /// Ranks all examples against each other.
    public init(_ rows: EmbeddedRows) {
        let pictureRows = Self.firstRows(rows.pictureOfRow)
        let textRows = Self.firstRows(rows.captionOfRow)
        let pictures = rows.pairs.pictures.gathered(pictureRows)
        let texts = rows.pairs.texts.gathered(textRows)
        pictureToText = Recall(
            ranks: Similarities(queries: pictures, keys: texts).ranks(
                of: Self.answers(rows.pictureOfRow, rows.captionOfRow, queries: pictureRows.count)))
        textToPicture = Recall(
            ranks: Similarities(queries: texts, keys: pictures).ranks(
                of: Self.answers(rows.captionOfRow, rows.pictureOfRow, queries: textRows.count)))
        (self.pictures, self.texts) = (pictureRows.count, textRows.count)
    }

    /// The first row with each number.
    private static func firstRows(_ places: [Int]) -> [Int32] {
        var next = 0
        return places.enumerated().compactMap { row, place in
            guard place == next else { return nil }
            next += 1
            return Int32(row)
        }
    }

    private static func answers(_ queryOfRow: [Int], _ keyOfRow: [Int], queries: Int) -> [[Int]] {
        zip(queryOfRow, keyOfRow).reduce(into: Array(repeating: [], count: queries)) { $0[$1.0].append($1.1) }
    }
}

/// Cosines of queries with keys, some rows of them at a time.
struct Similarities {
    let queries: Tensor
    let keys: Tensor
    private let rowsAtATime = 256

    /// Embeddings of length 1: [queries, d] and [keys, d].
    init(queries: Tensor, keys: Tensor) {
        self.queries = queries
        self.keys = keys
    }

    /// The place of each query's best answer among all keys, from 0; of equal keys the first comes first.
    func ranks(of answers: [[Int]]) -> [Int] {
        var ranks: [Int] = []
        forEachRow { row, values in
            let best = answers[row].max { (values[$0], $1) < (values[$1], $0) } ?? 0
            ranks.append(values.indices.count { (values[$0], best) > (values[best], $0) })
        }
        return ranks
    }

    /// Calls `body` with each query's place and its cosines.
    private func forEachRow(_ body: (Int, [Float]) -> Void) {
        for start in stride(from: 0, to: queries.rows, by: rowsAtATime) {
            let range = start..<min(start + rowsAtATime, queries.rows)
            let values = queries.detached.rows(range).projected(by: [Projection(weight: keys.detached)]).values
            for row in range {
                let first = (row - start) * keys.rows
                body(row, Array(values[first..<first + keys.rows]))
            }
        }
    }
}
