import Crypto
import Foundation

/// Which workers mask with each other and hold each other's shares.
///
/// In the complete graph of Bonawitz et al. (Practical secure aggregation, eprint 2017/281) a worker's masks and
/// shares grow with the number of workers n. Bell et al. (Secure single-server aggregation with (poly)logarithmic
/// overhead, eprint 2020/704) show that O(log n) neighbours do: what must hold is that no honest worker has a
/// threshold of corrupt neighbours, that a threshold of its neighbourhood stays, and that the honest workers that
/// stay are connected. Their graph is built here: all workers in a circle in an order that nobody chose, each the
/// neighbour of the k/2 before and behind it. Up to ``completeWorkers`` the graph is complete: there k would hardly
/// be below n, and every pair of honest workers hides the other.
struct NeighbourGraph: Sendable, Equatable {
    /// Up to so many workers the graph is complete.
    static let completeWorkers = 16

    /// For each worker, its neighbours and itself, by rising index.
    let neighbourhoods: [[Int]]

    /// A graph of workers 0..<workers.
    ///
    /// - Parameters:
    ///   - degree: The neighbours of a worker, an even number; nil for the complete graph.
    ///   - beacon: Public bytes that no side alone chooses; they decide the order of the circle.
    init(workers: Int, degree: Int?, beacon: Data) {
        let everyone = Array(0..<workers)
        guard let degree, workers > Self.completeWorkers, degree + 1 < workers else {
            neighbourhoods = everyone.map { _ in everyone }
            return
        }
        let circle = Self.shuffled(workers, beacon: beacon)
        var neighbourhoods = [[Int]](repeating: [], count: workers)
        for (place, worker) in circle.enumerated() {
            neighbourhoods[worker] = (-degree / 2...degree / 2)
                .map { circle[(place + $0 + workers) % workers] }.sorted()
        }
        self.neighbourhoods = neighbourhoods
    }

    /// The neighbours of a worker, without itself.
    func neighbours(of worker: Int) -> [Int] { neighbourhoods[worker].filter { $0 != worker } }

    /// The point at which `holder` holds the shares of `owner`; nil where it holds none.
    func point(of holder: Int, sharesOf owner: Int) -> UInt8? {
        neighbourhoods[owner].firstIndex(of: holder).map { UInt8($0 + 1) }
    }

    /// The shuffle of Fisher and Yates, written out because that of the standard library may change between versions
    /// and all workers must see the same circle.
    private static func shuffled(_ workers: Int, beacon: Data) -> [Int] {
        let secret = SymmetricKey(data: beacon)
        var generator = KeyStreamGenerator(key: KeyDerivation.key(.graph, from: secret, salt: Data()))
        var circle = Array(0..<workers)
        for last in stride(from: workers - 1, to: 0, by: -1) {
            circle.swapAt(last, generator.number(below: last + 1))
        }
        return circle
    }
}
