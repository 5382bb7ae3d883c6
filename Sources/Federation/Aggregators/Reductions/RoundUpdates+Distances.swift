import CKernels
import Tensors

/// ‖xᵢ − xₖ‖² between every two updates, over all the tensors they hold.
struct PairwiseDistances: Sendable {
    private let count: Int
    private let squares: [Double]  // pairs (0, 1), (0, 2), … (1, 2), …

    init(_ updates: RoundUpdates, of keys: [String]) throws {
        count = updates.count
        var squares = Array(repeating: 0.0, count: count * (count - 1) / 2)
        let lengths = keys.map { updates.start.state[$0]?.count ?? 0 }
        for part in try Self.parts(lengths, pairs: squares.count, { try updates.tensors(keys[$0]) }) {
            for index in squares.indices { squares[index] += part[index] }
        }
        self.squares = squares
    }

    /// The squares over each piece of the tensors, in the order of the pieces.
    private static func parts(
        _ lengths: [Int], pairs: Int, _ list: @escaping @Sendable (Int) throws -> [Tensor]
    ) throws -> [[Double]] {
        let pieces = Piece.cut(lengths, into: 1 << 20)
        return try concurrentMap(pieces.count) { index in
            var squares = Array(repeating: 0.0, count: pairs)
            pieces[index].withPointers(try list(pieces[index].tensor)) {
                lorad_squared_distances($0, $0.count, &squares, pieces[index].elements.count)
            }
            return squares
        }
    }

    private subscript(first: Int, second: Int) -> Double {
        let (i, k) = (min(first, second), max(first, second))
        return squares[i * (2 * count - i - 1) / 2 + k - i - 1]
    }

    /// The sum of the `nearest` smallest distances of each update to others: Krum's score.
    func scores(nearest: Int) -> [Double] {
        (0..<count).map { index in
            (0..<count).filter { $0 != index }.map { self[index, $0] }.sorted().prefix(nearest).reduce(0, +)
        }
    }
}
