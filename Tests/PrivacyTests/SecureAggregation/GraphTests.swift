import Foundation
import Testing

@testable import Privacy

@Suite struct GraphTests {
    private func graph(_ workers: Int, _ degree: Int, _ seed: UInt8) -> NeighbourGraph {
        NeighbourGraph(workers: workers, degree: degree, seed: Data(repeating: seed, count: 32))
    }

    @Test(
        "Every worker is the neighbour of its neighbours, and has as many as asked for on average",
        arguments: [(60, 20), (100, 30), (200, 55)])
    func neighbours(workers: Int, degree: Int) {
        let graph = graph(workers, degree, 1)
        for worker in 0..<workers {
            let neighbours = graph.neighbours(of: worker)
            #expect(!neighbours.contains(worker) && graph.neighbourhoods[worker].contains(worker))
            for peer in neighbours { #expect(graph.neighbours(of: peer).contains(worker)) }
            #expect(graph.neighbourhoods[worker] == graph.neighbourhoods[worker].sorted())
        }
        let edges = Double(graph.neighbourhoods.reduce(0) { $0 + $1.count - 1 }) / 2
        let (pairs, chance) = (Double(workers * (workers - 1)) / 2, Double(degree) / Double(workers - 1))
        let deviation = (pairs * chance * (1 - chance)).squareRoot()
        #expect(abs(edges - pairs * chance) < 6 * deviation)
    }

    @Test("The same seed gives the same graph, another seed another")
    func seed() {
        #expect(graph(40, 6, 1) == graph(40, 6, 1))
        #expect(graph(40, 6, 1) != graph(40, 6, 2))
    }

    @Test("Up to 128 workers are all neighbours, whatever the threshold; more of them only where no less suffices")
    func complete() throws {
        for threshold in [0.51, 0.67, 1] {
            #expect(GraphRule.standard.degree(workers: 128, threshold: threshold, colluders: 0) == nil)
        }
        #expect(GraphRule.standard.degree(workers: 129, threshold: 0.67, colluders: 0) != nil)
        #expect(GraphRule.standard.degree(workers: 200, threshold: 0.9, colluders: 0) == nil)
        #expect(NeighbourGraph(completeOf: 5).neighbourhoods == Array(repeating: Array(0..<5), count: 5))
        func check(_ workers: Int) throws {
            try SecureAggregationConfiguration(
                run: "r", round: 0, elements: 1, bits: 16, mostWorkers: 300, threshold: 0.9
            ).checkGraph(workers: workers)
        }
        #expect(code { try check(255) } == nil)
        #expect(code { try check(256) } == .invalidConfiguration)
    }

    @Test("Points on the polynomials are those of the holders in an owner's neighbourhood")
    func points() {
        let graph = graph(20, 6, 3)
        let neighbourhood = graph.neighbourhoods[3]
        let points = neighbourhood.compactMap { graph.point(of: $0, sharesOf: 3) }
        #expect(points == (1...neighbourhood.count).map { UInt8($0) })
        let stranger = (0..<20).first { !neighbourhood.contains($0) }
        #expect(stranger.flatMap { graph.point(of: $0, sharesOf: 3) } == nil)
    }

    @Test(
        "The threshold is the fraction rounded up, and always more than half",
        arguments: [
            (0.67, 8, 6), (0.67, 5, 4), (0.7, 10, 7), (0.51, 4, 3), (0.51, 5, 3), (1.0, 3, 3), (0.6, 5, 3),
        ])
    func thresholds(fraction: Double, count: Int, needed: Int) {
        #expect(Threshold(fraction: fraction).needed(of: count) == needed)
    }

    @Test("Coins fall on heads as often as asked for, and never with probability 0")
    func coins() {
        for (heads, all) in [(1, 1000), (37, 100), (999_999, 1_000_000), (0, 9)] {
            var coins = PairCoins(heads: heads, of: all, seed: Data(repeating: 4, count: 32))
            let draws = 40_000
            let found = (0..<draws).reduce(0) { count, _ in count + (coins.next() ? 1 : 0) }
            let chance = Double(heads) / Double(all)
            let deviation = (Double(draws) * chance * (1 - chance)).squareRoot()
            #expect(abs(Double(found) - Double(draws) * chance) <= 6 * deviation + (heads == 0 ? 0 : 1))
        }
    }
}
