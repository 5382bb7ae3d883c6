import CKernels
import Tensors

/// Means of the middle order statistics of each coordinate, by a sorting network: the same exchanges for every
/// coordinate, so that a vector of coordinates is sorted at once.
struct OrderStatistics: Sendable {
    private let count: Int
    private let kept: ClosedRange<Int>
    /// Pairs of positions, one after the other; the smaller value goes to the first.
    let exchanges: [UInt16]
    /// Coordinates sorted together: as many as stay in the first-level cache.
    private let width: Int

    /// - Parameters:
    ///   - count: number of updates, 1 to 65,535.
    ///   - kept: the order statistics, from 0, whose mean is taken.
    init(of count: Int, keeping kept: ClosedRange<Int>) throws {
        guard (1...Int(UInt16.max)).contains(count) else {
            throw FederationError(.unsupported, "\(count) updates cannot be sorted; at most \(UInt16.max) can")
        }
        (self.count, self.kept) = (count, kept)
        exchanges = Self.needed(Self.network(count), for: kept).flatMap { [UInt16($0.low), UInt16($0.high)] }
        width = min(max(8192 / count / 16 * 16, 16), 512)
    }

    private struct Exchange {
        var low: Int
        var high: Int
    }

    /// Batcher's merge exchange (Knuth, The Art of Computer Programming 3, algorithm 5.2.2M), for any count.
    private static func network(_ count: Int) -> [Exchange] {
        var result: [Exchange] = []
        var top = 1
        while top < count { top *= 2 }
        var p = top / 2
        while p > 0 {
            var (q, r, d) = (top / 2, 0, p)
            while true {
                for i in 0..<max(count - d, 0) where i & p == r { result.append(Exchange(low: i, high: i + d)) }
                guard q != p else { break }
                (d, q, r) = (q - p, q / 2, p)
            }
            p /= 2
        }
        return result
    }

    /// The exchanges that the kept positions depend on.
    private static func needed(_ network: [Exchange], for kept: ClosedRange<Int>) -> [Exchange] {
        var live = Set(kept)
        let needed = network.reversed().filter { exchange in
            guard live.contains(exchange.low) || live.contains(exchange.high) else { return false }
            live.formUnion([exchange.low, exchange.high])
            return true
        }
        return needed.reversed()
    }

    /// The mean of the kept values of each coordinate, for each of several lists of `count` tensors with the shapes
    /// given; a list is asked for when its turn comes.
    func means(_ shapes: [[Int]], _ list: @escaping @Sendable (Int) throws -> [Tensor]) throws -> [Tensor] {
        let results = shapes.map { Tensor(zeros: $0) }
        let pieces = Piece.cut(results.map(\.count))
        _ = try concurrentMap(pieces.count) { write(pieces[$0], of: try list(pieces[$0].tensor), to: results) }
        return results
    }

    private func write(_ piece: Piece, of inputs: [Tensor], to results: [Tensor]) {
        let scratch = Tensor(zeros: [count, width])
        piece.withPointers(inputs) { pointers in
            scratch.updateInPlace { scratch in
                results[piece.tensor].updateInPlace { result in
                    lorad_ordered_mean(
                        pointers, count, exchanges, exchanges.count / 2, kept.lowerBound, kept.upperBound,
                        scratch.baseAddress, width, result.baseAddress.map { $0 + piece.elements.lowerBound },
                        piece.elements.count)
                }
            }
        }
    }
}

extension RoundUpdates {
    /// The mean of each coordinate's order statistics, for each key.
    func orderedMean(of keys: [String], keeping kept: ClosedRange<Int>) throws -> [(String, Tensor)] {
        let statistics = try OrderStatistics(of: count, keeping: kept)
        let shapes = keys.map { start.state[$0]?.shape ?? [] }
        return Array(zip(keys, try statistics.means(shapes) { try tensors(keys[$0]) }))
    }
}
