import Adapters
import Foundation
import Models
import Tensors
import Testing
import Training

@Suite("Training shared out to workers")
struct SharedTrainingTests {
    private let folder: TemporaryFolder
    private let sentences = [4, 60, 55, 70, 3, 52, 66, 58, 61, 49, 57]

    init() throws { folder = try TemporaryFolder() }

    private func arguments(_ rows: Int) -> TrainingArguments {
        var arguments = TrainingArguments()
        arguments.learningRate = 5e-3
        arguments.lrSchedulerType = .cosine
        arguments.warmupSteps = 1
        arguments.weightDecay = 0.1
        arguments.perDeviceTrainBatchSize = rows
        arguments.maxSteps = 3
        return arguments
    }

    private func order(_ count: Int, _ arguments: TrainingArguments) -> BatchOrder {
        BatchOrder(rowCount: count, batchSize: arguments.perDeviceTrainBatchSize, shuffleSeed: 5)
    }

    private func local(_ arguments: TrainingArguments) throws -> (reports: [StepReport], bits: [String: [UInt32]]) {
        let tiny = try TinyLlava(dropout: 0.2)
        let source = tiny.source(try tiny.rows(sentences: sentences, in: folder))
        let trainer = try Trainer(
            model: tiny.model, weights: tiny.weights, source: source, order: order(source.count, arguments),
            arguments: arguments, lanes: Lanes(count: 2))
        var reports: [StepReport] = []
        while !trainer.isFinished { reports.append(try trainer.takeStep()) }
        return (reports, tiny.weights.stateDict.bits)
    }

    /// A worker's whole part: bytes of the work and of the parameters in, bytes of the gradients and a loss out.
    private func compute(
        _ worker: TinyLlava, lanes: Int, _ work: Data, _ parameters: StateDict, _ catalogue: PictureCatalogue
    ) throws -> (file: String, loss: Double) {
        try worker.weights.assign(parameters)
        let work = try StepWork(work, limits: worker.limits)
        let source = worker.source(work.rows, from: catalogue)
        let gradients = try worker.computation(lanes: lanes).gradients(of: work.share, from: source)
        let path = "\(folder.path)/\(work.share.step)-\(work.share.node).safetensors"
        try gradients.stateDict(of: worker.weights.plan).write(to: path)
        return (path, gradients.loss)
    }

    private func shared(_ arguments: TrainingArguments, workers count: Int) throws -> (
        reports: [StepReport], bits: [String: [UInt32]], microBatches: [Int]
    ) {
        let coordinator = try TinyLlava(dropout: 0.2)
        let workers = try (0..<count).map { _ in try TinyLlava(dropout: 0.2) }
        let (rows, catalogue) = (try coordinator.rows(sentences: sentences, in: folder), TinyLlava.catalogue())
        let maker = WorkMaker(rows, catalogue: catalogue)
        let run = RunPlan(rows, order: order(rows.count, arguments), arguments: arguments, microBatchTokens: 192)
        var optimizer = try StepOptimizer(coordinator.weights, arguments)
        var reports: [StepReport] = []
        var microBatches: [Int] = []
        for step in 0..<run.totalSteps {
            let plan = run.plan(ofStep: step)
            var sum = TreeSum<StepGradients>(count: plan.parts.count, add: StepGradients.sum)
            for (index, node) in TreeNode.split(count: plan.parts.count, into: count).enumerated().reversed() {
                let work = try maker.work(of: node, in: plan, seed: arguments.seed).data
                let result = try compute(
                    workers[index], lanes: index + 1, work, coordinator.weights.stateDict, catalogue)
                let state = try SafetensorsFile(path: result.file).stateDict
                try sum.insert(StepGradients(state, loss: result.loss, of: coordinator.weights.plan), at: node)
            }
            let total = try #require(sum.total)
            let norm = try optimizer.apply(total, of: plan)
            reports.append(run.report(of: plan, loss: total.loss, gradientNorm: norm, seconds: 0))
            microBatches.append(plan.parts.count)
        }
        return (reports, coordinator.weights.stateDict.bits, microBatches)
    }

    @Test(
        "Any number of workers ends with the adapter of a local run to the last bit", arguments: [4, 7, 11], [1, 2, 3])
    func equality(rowsPerStep: Int, workers: Int) throws {
        let arguments = arguments(rowsPerStep)
        let (expected, found) = (try local(arguments), try shared(arguments, workers: workers))
        #expect(found.bits == expected.bits)
        #expect(found.microBatches.contains { $0 > 2 })
        for (mine, theirs) in zip(found.reports, expected.reports) {
            var same = theirs
            same.seconds = 0
            #expect(mine == same)
        }
    }

    @Test("A sum that is not finite stops the run and changes nothing")
    func divergence() throws {
        let tiny = try TinyLlava()
        let rows = try tiny.rows(sentences: [1, 2], in: folder)
        var optimizer = try StepOptimizer(tiny.weights, TrainingArguments())
        let plan = StepPlan(step: 6, rows: [1, 0], of: rows, microBatchTokens: 192, learningRate: 1)
        let state = StateDict(tiny.weights.plan.parameters.map { ($0.key, Tensor(zeros: $0.shape)) })
        state[state.names[2]]?.updateInPlace { $0[0] = .infinity }
        let before = tiny.weights.stateDict.bits
        for loss in [1, Double.nan] {
            let sum = try StepGradients(loss.isNaN ? StateDict() : state, loss: loss, of: tiny.weights.plan)
            let error = #expect(throws: TrainingError.self) { _ = try optimizer.apply(sum, of: plan) }
            #expect(error?.code == .diverged)
            #expect(
                error?.message.hasPrefix("step 7: the loss or its gradient is not finite (examples 1, 0…)") == true
            )
        }
        #expect(tiny.weights.stateDict.bits == before)
    }
}
