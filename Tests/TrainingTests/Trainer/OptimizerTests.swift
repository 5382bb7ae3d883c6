import Foundation
import Tensors
import Testing
import Training

@Suite("AdamW and learning rates")
struct OptimizerTests {
    /// torch.optim.AdamW(lr=0.1, weight_decay=0.5) on p = [1, -2], gradients [0.5, -1], [0.25, 0], [-1, 2].
    @Test("Three steps with decay follow the formula in float64")
    func formula() {
        let parameter = Tensor([1, -2], shape: [1, 2])
        var optimizer = AdamW([("p", parameter, 1, 0.5)])
        var (p, m, v) = ([1.0, -2.0], [0.0, 0.0], [0.0, 0.0])
        for (index, gradient) in [[0.5, -1], [0.25, 0], [-1, 2]].enumerated() {
            optimizer.step([Tensor(gradient.map { Float($0) }, shape: [1, 2])], learningRate: 0.1)
            let t = Double(index + 1)
            for i in 0..<2 {
                m[i] = 0.9 * m[i] + 0.1 * gradient[i]
                v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i]
                p[i] *= 1 - 0.1 * 0.5
                p[i] -= 0.1 * (m[i] / (1 - pow(0.9, t))) / ((v[i] / (1 - pow(0.999, t))).squareRoot() + 1e-8)
            }
        }
        for (found, expected) in zip(parameter.values, p) { #expect(abs(Double(found) - expected) < 1e-5) }
    }

    @Test("A parameter without a gradient is left as it is, its step count included")
    func absentGradient() {
        let (one, other) = (Tensor([1], shape: [1, 1]), Tensor([1], shape: [1, 1]))
        var optimizer = AdamW([("one", one, 1, 0.1), ("other", other, 1, 0.1)])
        optimizer.step([Tensor([1], shape: [1, 1]), nil], learningRate: 0.1)
        #expect(other.values == [1])
        #expect(optimizer.slots.map(\.steps) == [1, 0])
    }

    @Test("A restored optimizer goes on as if it had not stopped")
    func restore() throws {
        func gradient(_ step: Int) -> Tensor { Tensor([Float(step) - 1.5, 0.3], shape: [2]) }
        let straight = Tensor([1, 2], shape: [2])
        var one = AdamW([("p", straight, 1, 0)])
        for step in 0..<6 { one.step([gradient(step)], learningRate: 0.01) }
        let stopped = Tensor([1, 2], shape: [2])
        var first = AdamW([("p", stopped, 1, 0)])
        for step in 0..<3 { first.step([gradient(step)], learningRate: 0.01) }
        var second = AdamW([("p", stopped, 1, 0)])
        try second.restore(first.stateDict, from: "state")
        for step in 3..<6 { second.step([gradient(step)], learningRate: 0.01) }
        #expect(stopped.values == straight.values)
    }

    @Test("Moments of another shape are refused by name")
    func wrongShape() {
        var optimizer = AdamW([("p", Tensor([1, 2], shape: [2]), 1, 0)])
        let state = StateDict([
            ("p.steps", Tensor(integers: [3])), ("p.mean", Tensor([1], shape: [1])),
            ("p.variance", Tensor([1], shape: [1])),
        ])
        let error = #expect(throws: TrainingError.self) { try optimizer.restore(state, from: "optimizer.safetensors") }
        #expect(error?.message.contains("optimizer.safetensors: p.mean") == true)
    }

    private static let factors: [LearningRateSchedulerType: [Double]] = [
        .constant: [1, 1, 1, 1, 1], .constantWithWarmup: [0, 0.5, 1, 1, 1], .linear: [0, 0.5, 1, 0.5, 1.0 / 6],
        .cosine: [0, 0.5, 1, 0.5, 0.0669872981],
    ]

    /// transformers.get_scheduler(name, warmup 4, total 10): first step, mid warm-up, peak, middle, last.
    @Test("The schedules are those of transformers", arguments: LearningRateSchedulerType.allCases)
    func schedules(type: LearningRateSchedulerType) throws {
        let expected = try #require(Self.factors[type])
        let schedule = LearningRateSchedule(type, warmupSteps: 4, totalSteps: 10)
        for (step, factor) in zip([0, 2, 4, 7, 9], expected) {
            #expect(abs(schedule.factor(step: step) - factor) < 1e-9, "step \(step)")
        }
    }
}
