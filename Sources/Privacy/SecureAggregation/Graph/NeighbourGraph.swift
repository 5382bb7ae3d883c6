import Crypto
import Foundation

/// Which workers mask with each other and hold each other's shares.
///
/// In the complete graph of Bonawitz et al. (Practical secure aggregation, eprint 2017/281) the number of masks and
/// shares of a worker grows with the number of workers n. Bell et al. (Secure single-server aggregation with
/// (poly)logarithmic overhead, eprint 2020/704) show that O(log n) neighbours suffice. The graph drawn here is that of
/// Erdős and Rényi: each pair is an edge with probability p = degree / (n − 1), by a coin of its own. Independent coins
/// keep the proof short, and it holds against losses that are chosen after the draw
/// (docs/privacy-formulas.md, "The graph of neighbours").
struct NeighbourGraph: Sendable, Equatable {
    /// For each worker, its neighbours and itself, by rising index.
    let neighbourhoods: [[Int]]

    /// The graph of no workers.
    static let none = NeighbourGraph(completeOf: 0)

    /// The complete graph of workers 0..<workers.
    init(completeOf workers: Int) {
        let everyone = Array(0..<workers)
        neighbourhoods = everyone.map { _ in everyone }
    }

    /// Draws a graph of workers 0..<workers.
    ///
    /// - Parameters:
    ///   - degree: the mean number of neighbours, below `workers` − 1.
    ///   - seed: 32 bytes that nobody could choose.
    init(workers: Int, degree: Int, seed: Data) {
        var coins = PairCoins(heads: degree, of: workers - 1, seed: seed)
        var neighbourhoods = [[Int]](repeating: [], count: workers)
        for low in 0..<workers {
            neighbourhoods[low].append(low)
            for high in low + 1..<workers where coins.next() {
                neighbourhoods[low].append(high)
                neighbourhoods[high].append(low)
            }
        }
        self.neighbourhoods = neighbourhoods
    }

    /// The neighbours of a worker, without itself.
    func neighbours(of worker: Int) -> [Int] { neighbourhoods[worker].filter { $0 != worker } }

    /// The point at which `holder` holds the shares of `owner`; `nil` if it holds none.
    func point(of holder: Int, sharesOf owner: Int) -> UInt8? {
        neighbourhoods[owner].firstIndex(of: holder).flatMap { UInt8(exactly: $0 + 1) }
    }
}
