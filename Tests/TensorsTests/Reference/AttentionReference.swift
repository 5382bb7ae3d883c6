import Foundation

@testable import Tensors

/// Attention written out by the definition, in double precision: every pair of rows, one head after the other.
struct AttentionReference {
    let layout: AttentionLayout
    var inverseFrequencies: [Double] = []
    var positions: [Int] = []

    private var rows: Int { layout.boundaries.last ?? 0 }
    private var size: Int { layout.headSize }

    /// [rows, heads · size] of queries, then keys, then values, as they lie in memory.
    func callAsFunction(_ values: [Float]) -> [Double] {
        var result = Array(repeating: 0.0, count: rows * layout.heads * size)
        for head in 0..<layout.heads {
            let shared = head / (layout.heads / layout.keyValueHeads)
            for row in 0..<rows {
                let seen = seen(by: row)
                let query = part(values, 0, layout.heads, head, row, turned: true)
                let scores = seen.map { other -> Double in
                    let key = part(values, layout.heads, layout.keyValueHeads, shared, other, turned: true)
                    return zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } / Double(size).squareRoot()
                }
                let highest = scores.max() ?? 0
                let weights = scores.map { exp($0 - highest) }
                let sum = weights.reduce(0, +)
                for (other, weight) in zip(seen, weights) {
                    let value = part(
                        values, layout.heads + layout.keyValueHeads, layout.keyValueHeads, shared, other, turned: false)
                    for i in 0..<size { result[(row * layout.heads + head) * size + i] += weight / sum * value[i] }
                }
            }
        }
        return result
    }

    /// The rows of its own sequence that a row sees.
    private func seen(by row: Int) -> [Int] {
        let start = layout.boundaries.last { $0 <= row } ?? 0
        let end = layout.boundaries.first { $0 > row } ?? rows
        return (start..<end).filter { other in
            (!layout.isCausal || other <= row) && (layout.window.map { other > row - $0 } ?? true)
        }
    }

    private func part(
        _ values: [Float], _ before: Int, _ heads: Int, _ head: Int, _ row: Int, turned: Bool
    ) -> [Double] {
        let start = before * size * rows + (row * heads + head) * size
        let x = values[start..<start + size].map(Double.init)
        guard turned, !inverseFrequencies.isEmpty else { return x }
        let half = size / 2
        return (0..<size).map { i in
            let angle = Double(positions[row]) * inverseFrequencies[i % half]
            let other = i < half ? -x[i + half] : x[i - half]
            return x[i] * cos(angle) + other * sin(angle)
        }
    }
}

/// The largest distance between two lists of numbers, as a share of the largest of the expected ones.
func relativeDistance(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let largest = expected.map(abs).max() ?? 0
    return zip(found, expected).map { abs(Double($0) - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
        / max(largest, 1e-30)
}
