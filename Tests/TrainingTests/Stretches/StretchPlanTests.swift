import Foundation
import Testing

@testable import Training

@Suite("The rows of a stretch")
struct StretchPlanTests {
    private func rows(_ plan: StretchPlan) -> [[Int]] { (0..<plan.stepCount).map(plan.rows) }

    @Test("An epoch goes through the given rows once, in an order of the seed's")
    func epochs() throws {
        let given = [3, 8, 20, 21, 40]
        let plan = try StretchPlan(rows: given, length: .epochs(2), rowsPerStep: 2, shuffleSeed: 4)
        #expect(rows(plan).map(\.count) == [2, 2, 1, 2, 2, 1])
        #expect(rows(plan).prefix(3).joined().sorted() == given)
        #expect(rows(plan).suffix(3).joined().sorted() == given)
        let other = try StretchPlan(rows: given, length: .epochs(2), rowsPerStep: 2, shuffleSeed: 5)
        #expect(rows(other) != rows(plan))
    }

    @Test("Steps stop within an epoch or go beyond it")
    func steps() throws {
        let plan = try StretchPlan(rows: [5, 6, 7], length: .steps(4), rowsPerStep: 2, shuffleSeed: nil)
        #expect(rows(plan) == [[5, 6], [7], [5, 6], [7]])
        let half = try StretchPlan(rows: Array(0..<8), length: .epochs(0.5), rowsPerStep: 2, shuffleSeed: 1)
        #expect(half.stepCount == 2)
    }

    @Test(
        "Lengths that no stretch can have are refused",
        arguments: [
            StretchLength.steps(0), .steps(-1), .steps(.max), .epochs(0), .epochs(-1), .epochs(.nan),
            .epochs(.infinity),
            .epochs(1e300),
        ])
    func impossible(length: StretchLength) {
        let error = #expect(throws: TrainingError.self) {
            try StretchPlan(rows: [1, 2], length: length, rowsPerStep: 1, shuffleSeed: 1)
        }
        #expect(error?.code == .invalidWork)
    }

    @Test("There must be rows to take")
    func nothing() {
        #expect(throws: TrainingError.self) {
            try StretchPlan(rows: [], length: .steps(1), rowsPerStep: 1, shuffleSeed: 1)
        }
        #expect(throws: TrainingError.self) {
            try StretchPlan(rows: [1], length: .steps(1), rowsPerStep: 0, shuffleSeed: 1)
        }
    }

    @Test("Options read back from JSON, without a frozen factor too")
    func options() throws {
        for factor in [nil, StretchOptions.FrozenFactor.loraB] {
            let options = StretchOptions(
                seed: 3, firstStep: 7, learningRateFactor: 0.5, proximalStrength: 0.01, frozenFactor: factor)
            let read = try JSONDecoder().decode(StretchOptions.self, from: JSONEncoder().encode(options))
            #expect(read == options)
        }
    }
}
