import Adapters
import Foundation
import Tensors
import Testing
import Training

@Suite("A stretch of local training")
struct LocalStretchTests {
    private let folder: TemporaryFolder
    private let tiny: TinyLlava
    private let source: ConversationSource
    private let start: StateDict

    init() throws {
        folder = try TemporaryFolder()
        tiny = try TinyLlava(dropout: 0.1)
        source = tiny.source(try tiny.rows(sentences: [1, 2, 3, 1, 4, 2], in: folder))
        start = try TinyLlava().weights.stateDict
    }

    private var arguments: TrainingArguments {
        var arguments = TrainingArguments()
        arguments.learningRate = 4e-3
        arguments.lrSchedulerType = .constant
        arguments.weightDecay = 0.05
        arguments.maxSteps = 8
        return arguments
    }

    private func run(
        _ steps: [[Int]], _ change: (inout StretchOptions) -> Void = { _ in }
    ) throws -> LocalStretch.Outcome {
        var options = StretchOptions(seed: arguments.seed)
        change(&options)
        return try LocalStretch(tiny.computation(lanes: 2), arguments: arguments, options: options)
            .run(StretchPlan(steps: steps), on: source, from: start)
    }

    @Test("One step over a run's rows is a step of that run to the last bit")
    func oneStep() throws {
        let other = try TinyLlava(dropout: 0.1)
        let order = BatchOrder(rowCount: source.count, batchSize: 4, shuffleSeed: 9)
        let trainer = try Trainer(
            model: other.model, weights: other.weights, source: source, order: order, arguments: arguments,
            lanes: Lanes(count: 1))
        let report = try trainer.takeStep()
        let outcome = try run([order.rows(ofStep: 0)])
        #expect(outcome.values.bits == other.weights.stateDict.bits)
        #expect(outcome.progress.meanLoss == report.loss)
        #expect(outcome.progress.gradientNorm == report.gradientNorm)
        #expect(outcome.progress.supervisedTokens == report.supervisedTokens)
        #expect(outcome.progress.examples == 4)
    }

    @Test("Several steps are those of a run, and what it came to is added up")
    func severalSteps() throws {
        let other = try TinyLlava(dropout: 0.1)
        let order = BatchOrder(rowCount: source.count, batchSize: 4, shuffleSeed: 9)
        let trainer = try Trainer(
            model: other.model, weights: other.weights, source: source, order: order, arguments: arguments,
            lanes: Lanes(count: 1))
        let reports = try (0..<4).map { _ in try trainer.takeStep() }
        let plan = try StretchPlan(rows: Array(0..<6), length: .epochs(2), rowsPerStep: 4, shuffleSeed: 9)
        var seen: [Int] = []
        let outcome = try LocalStretch(
            tiny.computation(lanes: 2), arguments: arguments, options: StretchOptions(seed: arguments.seed)
        ).run(plan, on: source, from: start) { seen.append($0.steps) }
        #expect(outcome.values.bits == other.weights.stateDict.bits)
        #expect(seen == [1, 2, 3, 4])
        #expect(outcome.progress.examples == 12 && outcome.progress.totalSteps == 4)
        let tokens = reports.reduce(0) { $0 + $1.supervisedTokens }
        let loss = reports.reduce(0) { $0 + $1.loss * Double($1.supervisedTokens) } / Double(tokens)
        #expect(abs(outcome.progress.meanLoss - loss) < 1e-12)
    }

    @Test("Every stretch starts afresh from the values that it is given")
    func fresh() throws {
        let first = try run([[0, 1], [2, 3]])
        #expect(try run([[0, 1], [2, 3]]).values.bits == first.values.bits)
        #expect(first.values.bits != start.bits)
    }

    @Test("Seed, first step and learning rate are the caller's")
    func options() throws {
        let plain = try run([[0, 1]]).values.bits
        #expect(try run([[0, 1]]) { $0.seed += 1 }.values.bits != plain)
        #expect(try run([[0, 1]]) { $0.firstStep = 3 }.values.bits != plain)
        #expect(try run([[0, 1]]) { $0.learningRateFactor = 0 }.values.bits == start.bits)
    }

    @Test("A frozen factor keeps its bits, and everything else trains", arguments: StretchOptions.FrozenFactor.allCases)
    func frozen(factor: StretchOptions.FrozenFactor) throws {
        let (before, after) = (start.bits, try run([[0, 1, 2], [3, 4]]) { $0.frozenFactor = factor }.values.bits)
        for parameter in tiny.weights.plan.parameters {
            let isFrozen = parameter.key.hasSuffix("\(factor.rawValue).weight")
            #expect((before[parameter.key] == after[parameter.key]) == isFrozen, "\(parameter.key)")
        }
    }

    @Test("A frozen factor has no part in the norm that is clipped")
    func frozenNorm() throws {
        let whole = try run([[0]]).progress.gradientNorm
        let halves = try StretchOptions.FrozenFactor.allCases.map { factor in
            try run([[0]]) { $0.frozenFactor = factor }.progress.gradientNorm
        }
        #expect(halves.allSatisfy { $0 < whole })
    }

    @Test("Rows that the source lacks, no steps, and values of another adapter are refused")
    func refusals() throws {
        #expect(
            errorMessage { try run([[0, 6]]) }?.hasPrefix("step 1 of the stretch takes no example, or one beyond")
                == true)
        #expect(errorMessage { try run([[0], []]) }?.hasPrefix("step 2 of the stretch") == true)
        #expect(errorMessage { try run([]) } == "a stretch without steps")
        let stretch = try LocalStretch(
            tiny.computation(lanes: 1), arguments: arguments, options: StretchOptions(seed: 1))
        #expect(throws: AdapterError.self) { try stretch.run(StretchPlan(steps: [[0]]), on: source, from: StateDict()) }
    }

    @Test("What is thrown before a micro-batch or after a step ends the stretch")
    func cancellation() throws {
        let stretch = try LocalStretch(
            tiny.computation(lanes: 1), arguments: arguments, options: StretchOptions(seed: 1))
        let plan = StretchPlan(steps: Array(repeating: [0], count: 5))
        var steps = 0
        #expect(throws: CancellationError.self) {
            try stretch.run(plan, on: source, from: start) { _ in
                steps += 1
                if steps == 2 { throw CancellationError() }
            }
        }
        #expect(steps == 2)
        #expect(throws: CancellationError.self) {
            try stretch.run(plan, on: source, from: start, beforeMicroBatch: { throw CancellationError() })
        }
    }

    @Test("Options that are no possible numbers are refused")
    func impossible() {
        func refusal(_ change: (inout StretchOptions) -> Void) -> String? {
            var options = StretchOptions(seed: 1)
            change(&options)
            return errorMessage { try LocalStretch(tiny.computation(lanes: 1), arguments: arguments, options: options) }
        }
        #expect(
            refusal { $0.learningRateFactor = .nan }
                == "the learning rate's factor is nan, expected a number of at least 0")
        #expect(
            refusal { $0.proximalStrength = -1 } == "the proximal strength is -1.0, expected a number of at least 0")
        #expect(refusal { $0.firstStep = .max }?.hasPrefix("the first step is") == true)
        #expect(refusal { _ in } == nil)
    }
}
