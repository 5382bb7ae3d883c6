import Foundation
import Testing

@testable import Privacy

@Suite struct GraphTests {
    @Test(
        "Every worker has as many neighbours as asked for, and is the neighbour of its neighbours",
        arguments: [(17, 4), (40, 10), (100, 30)])
    func regular(workers: Int, degree: Int) {
        let graph = NeighbourGraph(workers: workers, degree: degree, beacon: Data("beacon".utf8))
        for worker in 0..<workers {
            let neighbours = graph.neighbours(of: worker)
            #expect(neighbours.count == degree && !neighbours.contains(worker))
            for peer in neighbours { #expect(graph.neighbours(of: peer).contains(worker)) }
            #expect(graph.neighbourhoods[worker] == graph.neighbourhoods[worker].sorted())
        }
    }

    @Test("Few workers, no degree, or a degree that reaches all give the complete graph")
    func complete() {
        for (workers, degree) in [(16, 4), (30, nil), (17, 16)] as [(Int, Int?)] {
            let graph = NeighbourGraph(workers: workers, degree: degree, beacon: Data("b".utf8))
            #expect(graph.neighbourhoods == Array(repeating: Array(0..<workers), count: workers))
        }
    }

    @Test("The same beacon gives the same circle, another beacon another")
    func beacon() {
        let graph = NeighbourGraph(workers: 40, degree: 6, beacon: Data("a".utf8))
        #expect(graph == NeighbourGraph(workers: 40, degree: 6, beacon: Data("a".utf8)))
        #expect(graph != NeighbourGraph(workers: 40, degree: 6, beacon: Data("b".utf8)))
    }

    @Test("Points on the polynomials are those of the holders in an owner's neighbourhood")
    func points() {
        let graph = NeighbourGraph(workers: 20, degree: 4, beacon: Data("a".utf8))
        let points = graph.neighbourhoods[3].compactMap { graph.point(of: $0, sharesOf: 3) }
        #expect(points == [1, 2, 3, 4, 5])
        let stranger = (0..<20).first { !graph.neighbourhoods[3].contains($0) }
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

    @Test("The hypergeometric tails are exact: the chance of 2 aces in 5 cards of 52")
    func tails() {
        let aces = Hypergeometric(population: 52, marked: 4, draws: 5)
        #expect(abs(aces.probability(of: 2) - 103_776.0 / 2_598_960) < 1e-12)
        #expect(abs(aces.probability(atLeast: 1) + aces.probability(below: 1) - 1) < 1e-12)
    }

    @Test("The neighbours needed grow slowly with the workers, and with the corrupt; few workers need all")
    func degree() throws {
        let plan = NeighbourDegree(corrupt: 0.1, dropped: 0.1)
        #expect(plan.smallest(workers: 16, threshold: 0.6) == nil)
        let thousand = try #require(plan.smallest(workers: 1000, threshold: 0.6))
        let million = try #require(plan.smallest(workers: 1_000_000, threshold: 0.6))
        #expect(thousand % 2 == 0 && thousand > 20 && thousand < million && million < 2 * thousand)
        let worse = NeighbourDegree(corrupt: 0.2, dropped: 0.1)
        #expect(try #require(worse.smallest(workers: 1000, threshold: 0.6)) > thousand)
    }
}
