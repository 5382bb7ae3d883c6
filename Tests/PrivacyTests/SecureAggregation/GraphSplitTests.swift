import Foundation
import Testing

@testable import Privacy

/// How many neighbours keep an adversary from splitting the graph that it has seen.
@Suite struct GraphSplitTests {
    private struct Case: Sendable {
        let workers: Int
        let threshold: Double
        let colluders: Int
        let degree: Int
        /// log2 of the probability.
        let bound: Double
    }

    /// As `docs/scripts/graph_bound.py` prints them.
    private static let known = [
        Case(workers: 129, threshold: 0.51, colluders: 2, degree: 51, bound: -69.778),
        Case(workers: 200, threshold: 0.51, colluders: 3, degree: 53, bound: -63.358),
        Case(workers: 200, threshold: 0.6, colluders: 20, degree: 66, bound: -59.152),
        Case(workers: 300, threshold: 0.51, colluders: 5, degree: 55, bound: -59.336),
        Case(workers: 300, threshold: 0.67, colluders: 30, degree: 85, bound: -84.815),
        Case(workers: 300, threshold: 0.67, colluders: 60, degree: 85, bound: -54.745),
        Case(workers: 500, threshold: 0.75, colluders: 50, degree: 118, bound: -130.118),
        Case(workers: 1000, threshold: 0.51, colluders: 19, degree: 60, bound: -54.678),
        Case(workers: 1000, threshold: 0.67, colluders: 100, degree: 92, bound: -75.717),
        Case(workers: 2000, threshold: 0.6, colluders: 200, degree: 78, bound: -49.063),
    ]

    @Test("The number of neighbours, and the bound, are those of an independent computation")
    func degrees() {
        for known in Self.known {
            let degree = NeighbourDegree.degree(
                workers: known.workers, threshold: known.threshold, colluders: known.colluders)
            #expect(degree == known.degree, "\(known)")
            let split = SplitBound(
                workers: known.workers, threshold: known.threshold, colluders: known.colluders,
                degree: Double(known.degree))
            let bound = split.logProbability(neededBelow: log(NeighbourDegree.failure)) / log(2)
            #expect(abs(bound - known.bound) < 0.01, "\(known): \(bound)")
        }
    }

    @Test("A graph is made for a tenth of the workers, for more if declared, and for no more than a threshold bears")
    func colluders() {
        #expect(NeighbourDegree.colluders(workers: 300, threshold: 0.67, declared: 1) == 30)
        #expect(NeighbourDegree.colluders(workers: 300, threshold: 0.67, declared: 60) == 60)
        // 2 * 153 - 300 - 1: six could have two lists of survivors signed.
        #expect(NeighbourDegree.colluders(workers: 300, threshold: 0.51, declared: 1) == 5)
        #expect(NeighbourDegree.colluders(workers: 129, threshold: 0.5001, declared: 0) == 0)
    }

    @Test("More colluders and less risk take more neighbours")
    func order() throws {
        func degree(_ colluders: Int, _ failure: Double) throws -> Int {
            let bound = { (degree: Int) in
                SplitBound(workers: 200, threshold: 0.6, colluders: colluders, degree: Double(degree))
                    .logProbability(neededBelow: log(failure))
            }
            return try #require((1..<160).first { bound($0) <= log(failure) })
        }
        let least = try degree(10, 0x1p-20)
        #expect(try degree(20, 0x1p-20) > least)
        #expect(try degree(10, 0x1p-40) > least)
    }

    @Test(
        "At threshold 0.51 no graph that is drawn is split by an adversary that chooses the losses after it has seen it",
        arguments: [(129, 1), (129, 2), (160, 3), (200, 4), (300, 5)])
    func drawnGraphs(workers: Int, seed: UInt8) throws {
        let degree = try #require(GraphRule.standard.degree(workers: workers, threshold: 0.51, colluders: 1))
        let graph = NeighbourGraph(workers: workers, degree: degree, seed: Data(repeating: seed, count: 32))
        let adversary = SplitAdversary(
            neighbourhoods: graph.neighbourhoods,
            colluders: NeighbourDegree.colluders(workers: workers, threshold: 0.51, declared: 1), threshold: 0.51)
        #expect(adversary.split() == nil)
    }

    @Test("The same adversary splits a circle of 30 neighbours, and a random graph of two, and never a complete graph")
    func weakGraphs() {
        let circle = (0..<200).map { worker in (-15...15).map { (worker + $0 + 200) % 200 }.sorted() }
        #expect(SplitAdversary(neighbourhoods: circle, colluders: 0, threshold: 0.51).split() != nil)
        let sparse = NeighbourGraph(workers: 200, degree: 2, seed: Data(repeating: 1, count: 32))
        #expect(SplitAdversary(neighbourhoods: sparse.neighbourhoods, colluders: 3, threshold: 0.51).split() != nil)
        let complete = NeighbourGraph(completeOf: 100)
        #expect(SplitAdversary(neighbourhoods: complete.neighbourhoods, colluders: 3, threshold: 0.51).split() == nil)
    }
}
