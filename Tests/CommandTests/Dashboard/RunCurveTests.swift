import Foundation
import Testing

@testable import lorad

@Suite("A curve over the rounds")
struct RunCurveTests {
    @Test("has each value as it is while there are few")
    func few() {
        var curve = RunCurve()
        for round in 1...RunCurve.limit { curve.add(1 / Double(round), at: round) }
        #expect(curve.span == 1 && curve.points.map(\.round) == Array(1...RunCurve.limit))
        #expect(curve.points.map(\.value) == (1...RunCurve.limit).map { 1 / Double($0) })
    }

    @Test("stays small however long a run is, and each point is the mean of its rounds")
    func many() {
        var curve = RunCurve()
        let count = 100_000
        for round in 1...count { curve.add(Double(round), at: round) }
        #expect(curve.points.count <= RunCurve.limit && curve.points.count > RunCurve.limit / 2)
        #expect(curve.points.reduce(0) { $0 + $1.count } == count && curve.points.last?.round == count)
        for (index, point) in curve.points.enumerated() {
            let first = index == 0 ? 1 : curve.points[index - 1].round + 1
            #expect(point.value == Double(first + point.round) / 2 && point.count <= curve.span)
        }
    }

    @Test("keeps rounds that are far apart, and leaves out what is no number")
    func gaps() {
        var curve = RunCurve()
        for (round, value) in [(0, 1.0), (5, .nan), (10, 2), (1_000_000, .infinity), (1_000_001, 3)] {
            curve.add(value, at: round)
        }
        #expect(curve.points.map(\.round) == [0, 10, 1_000_001] && curve.points.map(\.value) == [1, 2, 3])
    }
}

@Suite("The rounds that a page shows")
struct RoundHistoryTests {
    private func round(_ number: Int, _ values: [String: Double], loss: Double? = 1) -> RunDigest.Round {
        RunDigest.Round(number: number, time: .now, figures: RoundFigures(loss: loss, values: values))
    }

    @Test("have a curve for each quantity that is told; what a round's start was worth belongs to the round before")
    func curves() {
        let history = RoundHistory([
            round(1, ["workers_eval_loss": 3]),
            round(2, ["workers_eval_loss": 2, "eval_loss": 1.5, "eval_exact_match": 0.25, "other": 9], loss: nil),
        ])
        #expect(history.curves[.loss]?.points.map(\.round) == [1])
        #expect(history.curves[.evalLoss]?.points.map(\.value) == [1.5])
        #expect(history.curves[.evalExactMatch]?.points.map(\.round) == [2])
        #expect(history.curves[.workersEvalLoss]?.points.map(\.round) == [0, 1] && history.curves.count == 4)
    }

    @Test("are the last ones, and the budget is what the last that tells of it says")
    func last() {
        let history = RoundHistory((1...50).map { round($0, $0 < 40 ? ["epsilon": Double($0)] : [:]) })
        #expect(history.recent.map(\.number) == Array(31...50) && history.epsilon == 39)
    }
}
