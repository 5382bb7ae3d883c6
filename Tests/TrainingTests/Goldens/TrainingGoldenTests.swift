import Adapters
import Foundation
import Models
import Tensors
import Testing
import Training

@Suite("Training against transformers and PEFT")
struct TrainingGoldenTests {
    private struct Run {
        var losses: [Double]
        var weights: AdapterWeights
    }

    private func train(_ golden: LlavaGolden, lanes: Int, checkpointing: Bool = false) throws -> Run {
        let (model, weights) = try golden.adapted(computing: .float32)
        var arguments = TrainingArguments()
        arguments.learningRate = golden.facts.lr
        arguments.lrSchedulerType = .constant
        arguments.maxGradNorm = 0
        arguments.maxSteps = golden.facts.losses.count
        arguments.perDeviceTrainBatchSize = golden.facts.rows
        arguments.gradientCheckpointing = checkpointing
        let source = GoldenSource(golden)
        let order = BatchOrder(rowCount: source.count, batchSize: source.count, shuffleSeed: nil)
        let trainer = try Trainer(
            model: model, weights: weights, source: source, order: order, arguments: arguments,
            lanes: Lanes(count: lanes))
        var losses: [Double] = []
        while !trainer.isFinished { losses.append(try trainer.takeStep().loss) }
        return Run(losses: losses, weights: weights)
    }

    @Test("Twelve AdamW steps give the same losses to 1e-4 and the same adapter to 1e-3", arguments: LlavaGolden.all)
    func steps(golden: LlavaGolden) throws {
        let run = try train(golden, lanes: 1)
        #expect(run.losses.count == 12)
        for (ours, theirs) in zip(run.losses, golden.facts.losses) { #expect(abs(ours - theirs) / theirs < 1e-4) }
        for parameter in run.weights.parameters {
            let key = parameter.description.key
            guard let final = golden.tensors["final.\(key)"], !golden.facts.rounding_only.contains(key) else {
                continue
            }
            #expect(relativeDistance(parameter.tensor.values, final.values) < 1e-3, "\(key)")
        }
    }

    @Test("One, two and three lanes end with the same adapter to the last bit", arguments: LlavaGolden.all)
    func lanes(golden: LlavaGolden) throws {
        let reference = try train(golden, lanes: 1)
        for lanes in [2, 3] {
            let run = try train(golden, lanes: lanes)
            #expect(run.losses == reference.losses)
            for (mine, theirs) in zip(run.weights.parameters, reference.weights.parameters) {
                #expect(mine.tensor.values.map(\.bitPattern) == theirs.tensor.values.map(\.bitPattern))
            }
        }
    }

    @Test("Recomputed layers train to the same losses", arguments: LlavaGolden.all)
    func checkpointing(golden: LlavaGolden) throws {
        let kept = try train(golden, lanes: 1)
        let recomputed = try train(golden, lanes: 1, checkpointing: true)
        for (one, other) in zip(kept.losses, recomputed.losses) { #expect(abs(one - other) < 1e-6 * abs(one)) }
    }
}
