import Testing

@testable import Tensors

/// Heads, sequences and what a row sees.
struct AttentionCase: Sendable, CustomTestStringConvertible {
    var name: String
    var heads = 4
    var keyValueHeads = 2
    var headSize = 4
    var boundaries: [Int]
    var isCausal = true
    var window: Int?
    var isTurned = true

    var testDescription: String { name }
    var rows: Int { boundaries.last ?? 0 }
    var layout: AttentionLayout {
        AttentionLayout(
            heads: heads, keyValueHeads: keyValueHeads, headSize: headSize, boundaries: boundaries, isCausal: isCausal,
            window: window)
    }
    var inverseFrequencies: [Double] { isTurned ? (0..<headSize / 2).map { 1 / Double(1 << (2 * $0)) } : [] }
    /// Each sequence counts from 0.
    var positions: [Int] {
        isTurned ? zip(boundaries, boundaries.dropFirst()).flatMap { Array(0..<$1 - $0) } : []
    }
    var rotary: RotaryTable? {
        isTurned ? RotaryTable(inverseFrequencies: inverseFrequencies, positions: max(rows, 1)) : nil
    }

    static let all = [
        AttentionCase(name: "one sequence", boundaries: [0, 7]),
        AttentionCase(name: "a head of keys for each head of queries", heads: 3, keyValueHeads: 3, boundaries: [0, 5]),
        AttentionCase(name: "one head of keys for all", heads: 4, keyValueHeads: 1, boundaries: [0, 5, 6]),
        AttentionCase(name: "sequences of one row", boundaries: [0, 1, 2, 3]),
        AttentionCase(name: "longer than a block", heads: 2, keyValueHeads: 1, boundaries: [0, 150, 331]),
        AttentionCase(name: "a window of one row", boundaries: [0, 6], window: 1),
        AttentionCase(name: "a window over sequences of blocks", heads: 2, boundaries: [0, 90, 260], window: 70),
        AttentionCase(name: "a window longer than the sequence", boundaries: [0, 6], window: 100),
        AttentionCase(name: "to all, without positions", boundaries: [0, 3, 10], isCausal: false, isTurned: false),
        AttentionCase(
            name: "to all, longer than a block", heads: 2, boundaries: [0, 300, 310], isCausal: false, isTurned: false),
        AttentionCase(name: "a head size that no vector divides", headSize: 6, boundaries: [0, 9]),
    ]
}

@Suite("Attention, by its definition")
struct AttentionReferenceTests {
    private func input(_ test: AttentionCase, scale: Float = 1) -> Tensor {
        var random = TestRandom(UInt64(test.rows + 3 * test.heads))
        return random.tensor([test.rows, test.layout.width], scale: scale)
    }

    private func expected(_ test: AttentionCase, _ values: [Float]) -> [Double] {
        AttentionReference(
            layout: test.layout, inverseFrequencies: test.inverseFrequencies, positions: test.positions)(values)
    }

    private func attended(_ test: AttentionCase, _ x: Tensor) -> Tensor {
        x.attended(test.layout, rotary: test.rotary, positions: test.positions.map(Int32.init))
    }

    @Test("Every row is the weighted mean of what it sees", arguments: AttentionCase.all)
    func definition(test: AttentionCase) {
        let x = input(test)
        #expect(relativeDistance(attended(test, x).values, expected(test, x.values)) < 1e-5)
    }

    @Test("Scores of hundreds neither overflow nor lose the largest", arguments: AttentionCase.all)
    func largeScores(test: AttentionCase) {
        let x = input(test, scale: 30)
        #expect(relativeDistance(attended(test, x).values, expected(test, x.values)) < 1e-3)
    }

    @Test("bfloat16 stays within its own rounding", arguments: AttentionCase.all)
    func halfPrecision(test: AttentionCase) {
        let x = input(test).converted(to: .bfloat16)
        #expect(relativeDistance(attended(test, x).values, expected(test, x.values)) < 0.02)
    }

    @Test("A sequence is what it is alone, whatever is packed beside it", arguments: AttentionCase.all)
    func packing(test: AttentionCase) {
        let x = input(test)
        let together = attended(test, x).values
        let width = test.heads * test.headSize
        for (start, end) in zip(test.boundaries, test.boundaries.dropFirst()) {
            var alone = test
            alone.boundaries = [0, end - start]
            // Queries, keys and values lie one after the other.
            let values = x.values
            var own: [Float] = []
            var first = 0
            for heads in [test.heads, test.keyValueHeads, test.keyValueHeads] {
                let columns = heads * test.headSize
                own += values[first + start * columns..<first + end * columns]
                first += columns * test.rows
            }
            let result = attended(alone, Tensor(own, shape: [end - start, test.layout.width])).values
            #expect(relativeDistance(Array(together[start * width..<end * width]), result.map(Double.init)) < 1e-6)
        }
    }

    @Test(
        "Rows that come piece by piece, their keys and values kept, give what all give together",
        arguments: [nil, 1, 5, 200] as [Int?], [[1, 1, 1, 1], [5, 3, 1, 9], [70, 1, 1, 64, 130, 1]])
    func cached(window: Int?, pieces: [Int]) {
        let rows = pieces.reduce(0, +)
        let test = AttentionCase(name: "cached", boundaries: [0, rows], window: window)
        let x = input(test).values
        let cache = KeyValueCache(test.layout, type: .float32)
        var found: [Float] = []
        var start = 0
        for count in pieces {
            var piece: [Float] = []
            var first = 0
            for heads in [test.heads, test.keyValueHeads, test.keyValueHeads] {
                let columns = heads * test.headSize
                piece += x[first + start * columns..<first + (start + count) * columns]
                first += columns * rows
            }
            let next = Tensor(piece, shape: [count, test.layout.width])
            let table = RotaryTable(inverseFrequencies: test.inverseFrequencies, positions: rows)
            found += next.attended(test.layout, rotary: table, cache: cache).values
            start += count
        }
        #expect(cache.position == rows)
        #expect(relativeDistance(found, expected(test, x)) < 1e-5)
    }
}
