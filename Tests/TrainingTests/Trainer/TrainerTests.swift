import Adapters
import Foundation
import Models
import Tensors
import Testing
import Training

@Suite("Training runs")
struct TrainerTests {
    private let golden = LlavaGolden.all[0]

    private func trainer(
        _ weights: AdapterWeights, _ model: any VisionLanguageModel,
        _ change: (inout TrainingArguments) -> Void = { _ in }
    ) throws -> Trainer {
        var arguments = TrainingArguments()
        arguments.learningRate = 2e-3
        arguments.lrSchedulerType = .cosine
        arguments.warmupSteps = 2
        arguments.perDeviceTrainBatchSize = 2
        arguments.maxSteps = 40
        change(&arguments)
        let source = GoldenSource(golden)
        let order = BatchOrder(rowCount: source.count, batchSize: 2, shuffleSeed: 1)
        return try Trainer(
            model: model, weights: weights, source: source, order: order, arguments: arguments, lanes: Lanes(count: 2))
    }

    @Test("A run settles to steps without fresh allocations")
    func allocations() throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let trainer = try trainer(weights, model)
        var fresh: [Int] = []
        for _ in 0..<40 {
            let before = BufferPool.shared.statistics.freshAllocations
            _ = try trainer.takeStep()
            fresh.append(BufferPool.shared.statistics.freshAllocations - before)
        }
        // Other tests allocate at the same time, so not every step can be asked for.
        #expect(fresh.suffix(30).contains(0))
    }

    @Test("A run that goes on from a checkpoint ends with the same bits")
    func resume() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (straightModel, straight) = try golden.adapted(computing: .float32)
        let whole = try trainer(straight, straightModel)
        for _ in 0..<8 { _ = try whole.takeStep() }

        let (firstModel, first) = try golden.adapted(computing: .float32)
        let interrupted = try trainer(first, firstModel)
        for _ in 0..<3 { _ = try interrupted.takeStep() }
        let checkpoints = Checkpoints(outputFolder: folder, limit: 1)
        try checkpoints.save(step: 2, weights: first, optimizer: interrupted.optimizer)
        try checkpoints.save(step: interrupted.step, weights: first, optimizer: interrupted.optimizer)
        let latest = try #require(checkpoints.latest)
        #expect(latest.lastPathComponent == "step-3")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "checkpoints").path) == [
                "step-3"
            ])

        let (secondModel, second) = try golden.adapted(computing: .float32)
        let resumed = try trainer(second, secondModel)
        try second.restore(from: latest)
        #expect(try resumed.restore(from: latest).step == 3)
        for _ in 3..<8 { _ = try resumed.takeStep() }
        for (mine, theirs) in zip(second.parameters, straight.parameters) {
            #expect(mine.tensor.values == theirs.tensor.values)
        }
    }

    @Test("A checkpoint has the record of its run, whole or not at all")
    func record() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (model, weights) = try golden.adapted(computing: .float32)
        let trainer = try trainer(weights, model)
        let checkpoints = Checkpoints(outputFolder: folder, limit: nil)
        var record = TrainingRecord([.init("training.seed", "7"), .init("data.train", "rows", "12 rows")])
        record.resumptions = [.init(step: 1, changes: [.init(of: .init("training.seed", "7"), from: "42")])]
        try checkpoints.save(step: 1, weights: weights, optimizer: trainer.optimizer, record: record)
        try checkpoints.save(step: 2, weights: weights, optimizer: trainer.optimizer)
        let read = try #require(try TrainingRecord(checkpoint: checkpoints.url(1)))
        #expect(read.settings == record.settings && read.resumptions == record.resumptions)
        #expect(try TrainingRecord(checkpoint: checkpoints.url(2)) == nil)
        let later = TrainingRecord([.init("data.train", "rows", "13 rows"), .init("training.max_steps", "3")])
        #expect(later.changes(since: read).map(\.description) == ["data.train (rows) was 12 rows, is 13 rows"])

        let file = checkpoints.url(1).appending(path: "training_record.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        let damages: [(String, TrainingError.Code)] = [
            (text.replacing("\"version\" : 1", with: "\"version\" : 2"), .unsupported),
            (String(text.dropLast(9)), .corruptFile),
        ]
        for (damaged, code) in damages {
            try damaged.write(to: file, atomically: true, encoding: .utf8)
            let error = #expect(throws: TrainingError.self) { try TrainingRecord(checkpoint: checkpoints.url(1)) }
            #expect(error?.code == code)
        }
    }

    @Test("A checkpoint that is saved again is replaced whole, and the old one counts until then")
    func savingAgain() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (model, weights) = try golden.adapted(computing: .float32)
        let trainer = try trainer(weights, model)
        let checkpoints = Checkpoints(outputFolder: folder, limit: 1)
        try checkpoints.save(step: 5, weights: weights, optimizer: trainer.optimizer)
        // As a process leaves it that is killed between the two renamings.
        let aside = checkpoints.url(5).appendingPathExtension("before")
        try FileManager.default.moveItem(at: checkpoints.url(5), to: aside)
        let left = try #require(checkpoints.latest)
        #expect(left.lastPathComponent == "step-5.before")
        try weights.restore(from: left)

        _ = try trainer.takeStep()
        for _ in 0..<2 { try checkpoints.save(step: 5, weights: weights, optimizer: trainer.optimizer) }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "checkpoints").path) == [
                "step-5"
            ])
        let trained = weights.parameters.map(\.tensor.values)
        try weights.restore(from: try #require(checkpoints.latest))
        #expect(weights.parameters.map(\.tensor.values) == trained)
    }

    @Test("Clipping scales the step and not the reported norm")
    func clipping() throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let before = weights.parameters.map(\.tensor.values)
        let report = try trainer(weights, model) {
            $0.maxGradNorm = 1e-12; $0.warmupSteps = 0; $0.adamEpsilon = 1
        }.takeStep()
        #expect(report.gradientNorm > 1e-3)
        let moved = zip(weights.parameters, before).map { relativeDistance($0.tensor.values, $1) }.max() ?? 1
        #expect(moved < 1e-6)
    }

    @Test("A rate of its own holds for the parameters that its pattern matches")
    func learningRates() throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let before = weights.parameters.map(\.tensor.values)
        let trainer = try trainer(weights, model) {
            $0.warmupSteps = 0
            $0.learningRates = [ParameterLearningRate(pattern: ".*lora_A.*", value: 0)]
        }
        _ = try trainer.takeStep()
        for (parameter, old) in zip(weights.parameters, before) {
            let isA = parameter.description.key.contains("lora_A")
            #expect((parameter.tensor.values == old) == isA, "\(parameter.description.key)")
        }
    }

    @Test("A loss that is not a number stops the run and leaves the parameters alone")
    func divergence() throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        weights.parameters[0].tensor.updateInPlace { $0[0] = .nan }
        let before = weights.parameters[1].tensor.values
        let error = #expect(throws: TrainingError.self) { try trainer(weights, model).takeStep() }
        #expect(error?.code == .diverged)
        #expect(weights.parameters[1].tensor.values == before)
    }

    @Test("Evaluation is the mean token loss, the same on any number of lanes")
    func evaluation() throws {
        let (model, _) = try golden.adapted(computing: .float32)
        let source = GoldenSource(golden)
        let one = try Evaluation(model, source, lanes: Lanes(count: 1))
        #expect(abs(one.loss - golden.facts.loss) < 1e-5 * golden.facts.loss)
        #expect(one.supervisedTokens == golden.facts.supervised_tokens.reduce(0, +))
        #expect(abs(one.perplexity - exp(one.loss)) < 1e-9)
        #expect(try Evaluation(model, source, lanes: Lanes(count: 3)) == one)
    }

    @Test("A row is exact when every supervised token is the most probable one")
    func exactMatch() throws {
        let (model, _) = try golden.adapted(computing: .float32)
        var batch = golden.rows[0]
        let logits = model.logits(batch)
        let values = logits.values
        let words = logits.columns
        let best = (0..<logits.rows).map { row in
            (0..<words).max { values[row * words + $0] < values[row * words + $1] } ?? 0
        }
        let last = batch.tokens.count - 1
        batch.labels = Array(repeating: PackedBatch.unsupervised, count: last) + [Int32(best[last - 1])]
        #expect(model.scored(batch).isExact == [true])
        batch.labels[last] = Int32((best[last - 1] + 1) % words)
        #expect(model.scored(batch).isExact == [false])
    }
}
