import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("A private step")
struct PrivateStepsTests {
    private typealias Unit = ClippedGradients.Unit

    private static let factors = ModuleSelection.pattern(#".*\.(q_proj|v_proj|down_proj|fc1|linear_1|linear_2)"#)
    private let folder: TemporaryFolder
    private var tiny: TinyLlava
    private var source: ConversationSource

    init() throws {
        folder = try TemporaryFolder()
        tiny = try TinyLlava(factors: Self.factors)
        source = tiny.source(try tiny.rows(sentences: [1, 2, 3, 1, 4, 2, 1, 1, 12, 14], in: folder))
    }

    private func clipped(frozen: FactorRole? = nil, checkpointing: Bool = false) -> ClippedGradients {
        ClippedGradients(
            objective: NextTokenObjective(tiny.model), weights: tiny.weights, checkpointing: checkpointing,
            frozen: frozen)
    }

    /// Units with keys that are theirs alone.
    private func units(_ rows: [[Int]]) -> [Unit] { rows.map { Unit(rows: $0, key: UInt64(1_000 + $0[0])) } }

    /// The sum in steps, over units in passes as they come.
    private func steps(_ units: [Unit], _ all: ClippedGradients, _ grid: NormGrid) throws -> [Int64] {
        let sum = GradientSum(all.trained, grid: grid)
        for pass in all.passes(units, of: source) { all.add(pass, from: source, to: sum) }
        return sum.steps
    }

    /// A unit's gradient by a pass over nothing else.
    private func gradient(_ unit: Unit, frozen: FactorRole? = nil) throws -> [Float] {
        let tokens = unit.rows.reduce(0) { $0 + source.supervisedCount(at: $1) }
        let alone = StepGradients(
            NextTokenObjective(tiny.model), tiny.weights, try source.batch(of: unit.rows), supervisedTokens: tokens,
            checkpointing: false,
            dropoutKey: 0)
        return zip(alone.gradients, tiny.weights.parameters).flatMap { gradient, parameter in
            // Nothing of a unit without pictures reaches the tower.
            parameter.description.isFactor(frozen)
                ? [] : gradient?.values ?? Array(repeating: 0, count: parameter.tensor.count)
        }
    }

    private func norm(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    @Test("adds up gradients of which none is longer than the clip", arguments: [nil, FactorRole.a])
    func sum(frozen: FactorRole?) throws {
        // Short units share a pass; the last is longer than a micro-batch.
        let units = units([[0], [1, 3], [2], [4], [5], [6, 7, 8, 9]])
        let all = clipped(frozen: frozen)
        let passes = all.passes(units, of: source)
        #expect(passes.count < units.count && passes.contains { $0.count > 1 } && passes.contains([units[5]]))
        try check(units, all, frozen)
    }

    @Test("has a pass for each unit where more than factors trains")
    mutating func otherParameters() throws {
        tiny = try TinyLlava()
        let units = units([[0], [1, 3], [2]])
        #expect(clipped().passes(units, of: source) == units.map { [$0] })
        try check(units, clipped(), nil)
    }

    @Test("has a pass for each unit where DoRA's magnitudes train, and the sum of what each gives alone")
    mutating func magnitudes() throws {
        tiny = try TinyLlava(factors: Self.factors, hasMagnitudes: true)
        let units = units([[0], [1, 3], [2]])
        #expect(clipped().passes(units, of: source) == units.map { [$0] })
        #expect(tiny.weights.parameters.contains { $0.description.path.hasSuffix(".lora_magnitude_vector") })
        try check(units, clipped(), nil)
    }

    private func check(_ units: [Unit], _ all: ClippedGradients, _ frozen: FactorRole?) throws {
        let single = try units.map { try gradient($0, frozen: frozen) }
        let norms = single.map(norm)
        let grid = NormGrid(bound: norms.sorted()[norms.count / 2])
        let found = try steps(units, all, grid)
        #expect(found.count == single[0].count)
        for place in found.indices {
            let expected = zip(single, norms).reduce(0) { $0 + Double($1.0[place]) * min(1, grid.bound / $1.1) }
            #expect(abs(Double(found[place]) * grid.step - expected) < 1e-5 * grid.bound)
        }
    }

    @Test(
        "is moved by a unit by exactly what that unit adds alone, and by no more than the clip",
        arguments: [(DType.float32, false), (.bfloat16, false), (.float32, true)], [false, true])
    mutating func neighbours(kind: (type: DType, hasMagnitudes: Bool), checkpointing: Bool) throws {
        tiny = try TinyLlava(
            dropout: 0.4, factors: Self.factors, hasMagnitudes: kind.hasMagnitudes, computing: kind.type)
        source = tiny.source(try tiny.rows(sentences: [1, 2, 3, 1, 4, 2, 1, 1, 12, 14], in: folder))
        let all = clipped(checkpointing: checkpointing)
        let grid = NormGrid(bound: 0.01)
        let units = units([[0], [1, 3], [2], [4], [5], [6, 7, 8, 9]])
        let whole = try steps(units, all, grid)
        for left in units.indices {
            // Every later unit moves to another place, and some to another pass.
            let rest = try steps(units.filter { $0 != units[left] }, all, grid)
            let difference = zip(whole, rest).map { $0 - $1 }
            #expect(difference == (try steps([units[left]], all, grid)), "unit \(left)")
            #expect(difference.reduce(0) { $0 + $1 * $1 } <= Int64(grid.length * grid.length))
            #expect(difference.contains { $0 != 0 })
        }
    }

    @Test("draws dropout masks from a unit's own key and nothing else")
    mutating func dropout() throws {
        tiny = try TinyLlava(dropout: 0.4, factors: Self.factors)
        let grid = NormGrid(bound: 1)
        let one = try steps([Unit(rows: [1], key: 1)], clipped(), grid)
        #expect(one == (try steps([Unit(rows: [1], key: 1)], clipped(), grid)))
        #expect(one != (try steps([Unit(rows: [1], key: 2)], clipped(), grid)))
    }

    @Test("has nothing of a unit whose gradient is not finite, and all of those that share its pass")
    mutating func notFinite() throws {
        let units = units([[0], [2], [4]])
        let all = clipped()
        #expect(all.passes(units, of: source) == [units])
        let grid = NormGrid(bound: 0.01)
        // An infinite weight that only pictures meet: the unit without one has a finite gradient still.
        let tower = try #require(
            tiny.weights.parameters.first { $0.description.key.contains("linear_1") && $0.description.factor == .a })
        tower.tensor.updateInPlace { $0[0] = .infinity }
        let found = try steps(units, all, grid)
        #expect(found == (try steps([units[1]], all, grid)))
        #expect(found.contains { $0 != 0 })
    }

    /// Rows some of which have a picture that cannot be decoded.
    private struct Damaged: RowSource {
        let rows: ConversationSource
        let damaged: Set<Int>

        var count: Int { rows.count }
        func length(at index: Int) -> Int { rows.length(at: index) }
        func supervisedCount(at index: Int) -> Int { rows.supervisedCount(at: index) }
        func batch(of indices: [Int]) throws -> PackedBatch {
            if let row = indices.first(where: damaged.contains) {
                throw TrainingError(.invalidDataset, "row \(row) cannot be read")
            }
            return try rows.batch(of: indices)
        }
    }

    @Test("goes on without a unit that cannot be read, as if it were zero, and says so to its own worker only")
    func unreadable() throws {
        // The damaged units: one that shares a pass, and one that has passes of its own.
        let units = units([[0], [1, 3], [2], [4], [5], [6, 7, 8, 9]])
        let heard = Locked([String]())
        var all = clipped()
        all.unreadable = { error in heard.withLock { $0.append("\(error)") } }
        let grid = NormGrid(bound: 0.01)
        let sum = GradientSum(all.trained, grid: grid)
        let damaged = Damaged(rows: source, damaged: [3, 8])
        for pass in all.passes(units, of: damaged) { all.add(pass, from: damaged, to: sum) }
        #expect(sum.steps == (try steps(units.filter { $0 != units[1] && $0 != units[5] }, all, grid)))
        let words = heard.withLock { $0 }
        #expect(words.count == 2 && words.contains { $0.contains("row 3") } && words.contains { $0.contains("row 8") })
    }

    @Test("takes the units that are drawn, none of them too, each with a mask of its own, and tells no loss")
    func stretch() throws {
        let start = tiny.weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) }
        var arguments = TrainingArguments()
        arguments.learningRate = 1e-3
        let counts = Locked([Int]())
        let samples = Locked([[0, 1, 2], [], [8]])
        let keys = Locked(UInt64(0))
        let grid = NormGrid(bound: 1)
        let privacy = PrivateSteps(
            grid: grid, units: ExampleUnits(rowCount: source.count), divisor: 4,
            sample: { samples.withLock { $0.removeFirst() } },
            maskKey: {
                keys.withLock {
                    $0 += 1
                    return $0
                }
            },
            noised: { sum in
                counts.withLock { $0.append(sum.count) }
                return sum.map { Float(Double($0) * grid.step) }
            })
        let outcome = try LocalStretch(
            tiny.computation(lanes: 2), arguments: arguments, options: StretchOptions(seed: 1)
        ).run(StretchPlan(steps: [[], [], []]), on: source, from: StateDict(start), privacy: privacy)
        let size = tiny.weights.parameters.reduce(0) { $0 + $1.tensor.count }
        #expect(counts.withLock { $0 } == [size, size, size])
        #expect(keys.withLock { $0 } == 4)
        #expect(outcome.progress.steps == 3 && outcome.progress.examples == 4 && outcome.progress.meanLoss == 0)
    }

    @Test("protects people by all rows of theirs")
    func people() {
        #expect(ExampleUnits(people: ["a", "b", "a", "c", "b"]).rows == [[0, 2], [1, 4], [3]])
        #expect(ExampleUnits(rowCount: 2).rows == [[0], [1]])
    }
}
