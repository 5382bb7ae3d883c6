import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("A private step")
struct PrivateStepsTests {
    private let folder: TemporaryFolder
    private var tiny: TinyLlava
    private let source: ConversationSource

    init() throws {
        folder = try TemporaryFolder()
        tiny = try TinyLlava(factors: .pattern(#".*\.(q_proj|v_proj|down_proj|fc1|linear_1|linear_2)"#))
        source = tiny.source(try tiny.rows(sentences: [1, 2, 3, 1, 4, 2, 1, 1, 12, 14], in: folder))
    }

    private func clipped(_ clip: Double, frozen: AdapterParameter.Role? = nil) -> ClippedGradients {
        ClippedGradients(model: tiny.model, weights: tiny.weights, checkpointing: false, clip: clip, frozen: frozen)
    }

    /// A unit's gradient by a pass over nothing else.
    private func gradient(_ unit: [Int], frozen: AdapterParameter.Role? = nil) throws -> [[Float]] {
        let tokens = unit.reduce(0) { $0 + source.supervisedCount(at: $1) }
        let alone = StepGradients(
            tiny.model, tiny.weights, try source.batch(of: unit), supervisedTokens: tokens, checkpointing: false,
            dropoutKey: 0)
        return zip(alone.gradients, tiny.weights.parameters).map { gradient, parameter in
            // Nothing of a unit without pictures reaches the tower.
            parameter.description.role == frozen
                ? [] : gradient?.values ?? Array(repeating: 0, count: parameter.tensor.count)
        }
    }

    private func norm(_ gradient: [[Float]]) -> Double {
        gradient.joined().reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    @Test("adds up gradients of which none is longer than the clip", arguments: [nil, AdapterParameter.Role.loraA])
    func sum(frozen: AdapterParameter.Role?) throws {
        // Short units share a pass; the last is longer than a micro-batch.
        let units = [[0], [1, 3], [2], [4], [5], [6, 7, 8, 9]]
        let single = try units.map { try gradient($0, frozen: frozen) }
        let norms = single.map(norm)
        let clip = norms.sorted()[2]
        let all = clipped(clip, frozen: frozen)
        let passes = all.passes(units, of: source)
        #expect(passes.count < units.count && passes.contains { $0.count > 1 } && passes.contains([[6, 7, 8, 9]]))
        try check(passes, all, single, frozen)
    }

    @Test("has a pass for each unit where more than factors trains")
    mutating func otherParameters() throws {
        tiny = try TinyLlava()
        let units = [[0], [1, 3], [2]]
        let single = try units.map { try gradient($0) }
        let all = clipped(single.map(norm).sorted()[1])
        let passes = all.passes(units, of: source)
        #expect(passes == units.map { [$0] })
        try check(passes, all, single, nil)
    }

    private func check(
        _ passes: [[[Int]]], _ all: ClippedGradients, _ single: [[[Float]]], _ frozen: AdapterParameter.Role?
    ) throws {
        let (norms, clip) = (single.map(norm), all.clip)
        let sum = try passes.map { try all.sum($0, from: source, dropoutKey: 0) }.reduce(all.empty, StepGradients.sum)
        for (index, parameter) in tiny.weights.parameters.enumerated() {
            guard parameter.description.role != frozen else {
                #expect(sum.gradients[index] == nil)
                continue
            }
            // Nothing reaches the layers of the tower above the features.
            let found = sum.gradients[index]?.values ?? Array(repeating: 0, count: parameter.tensor.count)
            var expected = [Double](repeating: 0, count: found.count)
            for (gradient, norm) in zip(single, norms) {
                for place in expected.indices {
                    expected[place] += Double(gradient[index][place]) * min(1, clip / norm)
                }
            }
            let largest = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 1
            #expect(largest < 1e-5 * clip, "\(parameter.description.key) is off by \(largest) of \(clip)")
        }
    }

    @Test("has the norms of passes over one unit each, to 1e-5")
    func norms() throws {
        let rows = [0, 1, 2, 3, 5]
        var batch = try source.batch(of: rows)
        batch.examples = [0, 2, 3, 5]
        let units = [[0, 1], [2], [3, 5]]
        let found = tiny.model.loss(batch).backwardByExample(count: 3)
            .squaredNorms(over: tiny.weights.parameters.map(\.tensor))
        for (unit, square) in zip(units, found) {
            let tokens = Double(unit.reduce(0) { $0 + source.supervisedCount(at: $1) })
            let expected = norm(try gradient(unit))
            #expect(abs(square.squareRoot() / tokens - expected) < 1e-5 * expected)
        }
    }

    @Test("lets no unit move its sum by more than the clip, whatever its loss is")
    func sensitivity() throws {
        let clip = 0.01
        let all = clipped(clip)
        let units = (0..<source.count).map { [$0] }
        let sum = { (units: [[Int]]) in
            try all.passes(units, of: source).map { try all.sum($0, from: source, dropoutKey: 0) }
                .reduce(all.empty, StepGradients.sum)
        }
        let whole = try sum(units)
        for left in units.indices {
            let rest = try sum(units.filter { $0 != [left] })
            let difference = zip(whole.gradients, rest.gradients).map { a, b in
                zip(a?.values ?? [], b?.values ?? []).map { $0 - $1 }
            }
            #expect(norm(difference) <= clip * (1 + 1e-4))
        }
    }

    @Test("takes the units that are drawn, none of them too, and divides by how many were to be expected")
    func stretch() throws {
        let start = tiny.weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) }
        var arguments = TrainingArguments()
        arguments.learningRate = 1e-3
        let counts = Locked([Int]())
        let samples = Locked([[0, 1, 2], [], [8]])
        let privacy = PrivateSteps(
            clip: 1, units: ExampleUnits(rowCount: source.count), expectedCount: 4,
            sample: { samples.withLock { $0.removeFirst() } },
            addNoise: { values in counts.withLock { $0.append(values.count) } })
        let outcome = try LocalStretch(
            tiny.computation(lanes: 2), arguments: arguments, options: StretchOptions(seed: 1)
        ).run(StretchPlan(steps: [[], [], []]), on: source, from: StateDict(start), privacy: privacy)
        let size = tiny.weights.parameters.reduce(0) { $0 + $1.tensor.count }
        #expect(counts.withLock { $0 } == [size, size, size])
        #expect(outcome.progress.steps == 3 && outcome.progress.examples == 4)
    }

    @Test("protects people by all rows of theirs")
    func people() {
        #expect(ExampleUnits(people: ["a", "b", "a", "c", "b"]).rows == [[0, 2], [1, 4], [3]])
        #expect(ExampleUnits(rowCount: 2).rows == [[0], [1]])
    }
}
