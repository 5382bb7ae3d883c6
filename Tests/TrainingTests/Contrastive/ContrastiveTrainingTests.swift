import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Training CLIP against transformers and PEFT")
struct ContrastiveTrainingTests {
    private struct Run {
        var losses: [Double]
        var weights: AdapterWeights
    }

    private func train(
        _ golden: ClipGolden, lanes: Int = 1, learnsTemperature: Bool = false,
        _ change: (inout TrainingArguments) -> Void = { _ in }
    ) throws -> Run {
        let (model, weights) = try golden.adapted(learnsTemperature: learnsTemperature)
        var arguments = TrainingArguments()
        arguments.learningRate = golden.facts.lr
        arguments.lrSchedulerType = .constant
        arguments.maxGradNorm = 0
        arguments.maxSteps = golden.facts.losses.count
        arguments.perDeviceTrainBatchSize = golden.facts.rows
        change(&arguments)
        let source = ClipGoldenSource(golden: golden)
        let trainer = try Trainer(
            model: model, weights: weights, source: source,
            order: BatchOrder(rowCount: source.count, batchSize: source.count, shuffleSeed: nil), arguments: arguments,
            lanes: Lanes(count: lanes))
        var losses: [Double] = []
        while !trainer.isFinished { losses.append(try trainer.takeStep().loss) }
        return Run(losses: losses, weights: weights)
    }

    @Test(
        "Twelve AdamW steps give the same losses to 1e-4 and the same adapter to 1e-3, with and without the temperature",
        arguments: ClipGolden.all, [false, true])
    func steps(golden: ClipGolden, learnsTemperature: Bool) throws {
        let run = try train(golden, learnsTemperature: learnsTemperature)
        let expected = learnsTemperature ? golden.facts.learned_losses : golden.facts.losses
        #expect(run.losses.count == 12)
        for (ours, theirs) in zip(run.losses, expected) { #expect(abs(ours - theirs) / theirs < 1e-4) }
        for parameter in run.weights.parameters {
            let key = parameter.description.key
            let final = golden.tensors["\(learnsTemperature ? "learned" : "final").\(key)"]
            guard !golden.facts.rounding_only.contains(key) else { continue }
            #expect(relativeDistance(parameter.tensor.values, try #require(final).values) < 1e-3, "\(key)")
        }
    }

    @Test("Lanes and graphs made again do not change a bit", arguments: ClipGolden.all)
    func lanes(golden: ClipGolden) throws {
        let reference = try train(golden, learnsTemperature: true).weights.stateDict.bits
        for lanes in [2, 3] {
            #expect(try train(golden, lanes: lanes, learnsTemperature: true).weights.stateDict.bits == reference)
        }
        let again = try train(golden, lanes: 2, learnsTemperature: true) { $0.gradientCheckpointing = true }
        #expect(again.weights.stateDict.bits == reference)
    }

    @Test("Micro-batches of any sizes give the gradients of the whole step at once", arguments: ClipGolden.all)
    func microBatches(golden: ClipGolden) throws {
        let rows = golden.facts.rows
        let found = try [[rows], [1, rows - 1], [rows - 2, 2], Array(repeating: 1, count: rows)].map {
            try gradients(golden, dropout: 0, microBatches: $0, recomputes: $0.count > 2)
        }
        for part in found.dropFirst() {
            #expect(abs(part.loss - found[0].loss) < 1e-5 * abs(found[0].loss))
            let pairs = zip(part.gradients, found[0].gradients).map { ($0?.values ?? [], $1?.values ?? []) }
            let (mine, whole) = (pairs.flatMap(\.0), pairs.flatMap(\.1))
            let difference = zip(mine, whole).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
            #expect(mine.count == whole.count && difference < 1e-5 * found[0].norm)
            // A sharp temperature multiplies what products of other sizes round differently.
            for (mine, whole) in pairs where whole.contains(where: { abs($0) > 1e-5 }) {
                #expect(relativeDistance(mine, whole) < 2e-5)
            }
        }
    }

    @Test("Dropout draws the same masks in both passes, and has an effect")
    func dropout() throws {
        let golden = try #require(ClipGolden.all.first { $0.name == "both-eos2" })
        let sizes = [2, 3, 1]
        let kept = try gradients(golden, dropout: 0.4, microBatches: sizes, recomputes: false)
        let again = try gradients(golden, dropout: 0.4, microBatches: sizes, recomputes: true)
        let without = try gradients(golden, dropout: 0, microBatches: sizes, recomputes: false)
        #expect(kept.loss == again.loss && kept.loss != without.loss)
        #expect(kept.gradients.map { $0?.values } == again.gradients.map { $0?.values })
    }

    private func gradients(
        _ golden: ClipGolden, dropout: Double, microBatches: [Int], recomputes: Bool
    ) throws -> StepGradients {
        let (model, weights) = try golden.adapted(learnsTemperature: true, dropout: dropout)
        return try StepComputation(model: model, weights: weights, lanes: Lanes(count: 2), checkpointing: recomputes)
            .gradients(of: golden.share(microBatches: microBatches), from: ClipGoldenSource(golden: golden))
    }

    @Test("A temperature stays at ln 100 or below")
    func bound() throws {
        let golden = try #require(ClipGolden.all.first { $0.name == "vision-only" })
        let run = try train(golden, learnsTemperature: true) {
            $0.learningRate = 0.5
            $0.maxSteps = 1
            // Plain descent away from the loss: the first step of AdamW moves by the whole rate.
            $0.learningRates = [ParameterLearningRate(pattern: ".*lora.*", value: 0)]
        }
        let moved = try #require(run.weights.parameter(at: ClipModel.logitScaleName)).values[0]
        #expect(moved <= 4.6051702 && moved != 4.58)
        let weights = run.weights
        weights.parameter(at: ClipModel.logitScaleName)?.updateInPlace { $0[0] = 5 }
        var optimizer = try StepOptimizer(weights, TrainingArguments())
        let zeros = StepGradients(weights.parameters.map { Tensor(zeros: $0.tensor.shape) }, loss: 0)
        let plan = StepPlan(
            step: 0, rows: [0], of: ClipGoldenSource(golden: golden), microBatchTokens: 192, learningRate: 0)
        _ = try optimizer.apply(zeros, of: plan)
        #expect(weights.parameter(at: ClipModel.logitScaleName)?.values == [4.6051702])
    }

    @Test("A part of a step is refused, and so is a gradient of one example's own")
    func refusals() throws {
        let golden = ClipGolden.all[0]
        let (model, weights) = try golden.adapted()
        let source = ClipGoldenSource(golden: golden)
        let computation = StepComputation(
            model: model, weights: weights, lanes: Lanes(count: 1), checkpointing: false)
        let plan = StepPlan(
            step: 0, rows: Array(0..<golden.facts.rows), of: source, microBatchTokens: 192, learningRate: 1)
        let half = try plan.share(of: TreeNode(leaf: 0), seed: 1)
        let message = errorMessage { _ = try computation.gradients(of: half, from: source) }
        #expect(message?.contains("needs all \(plan.parts.count) micro-batches") == true, "\(message ?? "")")
        let privacy = PrivateSteps(
            grid: NormGrid(bound: 1), units: ExampleUnits(rowCount: 1), divisor: 1, sample: { [] }, noised: { _ in [] })
        let own = errorMessage {
            _ = try computation.clippedGradients(
                of: [.init(rows: [0], key: 1)], from: source, privacy: privacy, frozen: nil, beforeMicroBatch: {})
        }
        #expect(own?.contains("no gradient of a single example") == true, "\(own ?? "")")
    }

    @Test("A trained temperature is written under its PEFT key, and read back")
    func folder() throws {
        let golden = ClipGolden.all[0]
        let weights = try golden.adapted(learnsTemperature: true).weights
        weights.parameter(at: ClipModel.logitScaleName)?.updateInPlace { $0[0] = 1.25 }
        let folder = try TemporaryFolder()
        let url = URL(filePath: folder.path)
        try weights.write(to: url)
        #expect(try AdapterFolder.hasTemperature(url))
        #expect(try !AdapterFolder.hasTemperature(golden.folder.appending(path: "adapter")))
        let again = try golden.adapted(learnsTemperature: true).weights
        let (loaded, report) = try AdapterWeights.loaded(from: url, fresh: again)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty)
        #expect(loaded.stateDict[ClipGolden.temperature]?.values == [1.25])
    }
}
