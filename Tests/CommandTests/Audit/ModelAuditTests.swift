import Adapters
import Foundation
import Models
import Privacy
import Synchronization
import Tensors
import Testing
import Training

@testable import lorad

/// Audits DP-SGD from the rows of a dataset to the noisy gradient, with the tiny model: the rows are the canaries.
@Suite("A step of DP-SGD on a model, audited")
struct ModelAuditTests {
    private static let count = 40
    private let folder: TemporaryFolder
    private let opened: OpenedRun
    private let training: TrainingRows
    private let own: OwnPrivacy

    init() throws {
        folder = try TemporaryFolder()
        let names = ["red-circle.jpg", "blue-square.png", "green-circle.png"]
        let answers = ["A red circle.", "A blue square.", "A green circle.", "It is red."]
        let rows = (0..<Self.count).map { row in
            #"{"image": "\#(names[row % 3])", "conversations": [{"from": "human", "value": "<image>Which picture \#(row)?"},"#
                + #" {"from": "gpt", "value": "\#(answers[row % 4])"}]}"#
        }
        let file = "\(folder.path)/rows.jsonl"
        try Data(rows.joined(separator: "\n").utf8).write(to: URL(filePath: file))
        let text = """
            run: audit
            model: { path: \(TinyLlava.model) }
            adapter: { r: 4, target_modules: '.*language_model.*\\.(q|v|up|down)_proj' }
            data: { train: \(file), images: \(TinyLlava.pictures) }
            training: { per_device_train_batch_size: 8, max_steps: 1, output_dir: \(folder.path)/out }
            """
        opened = try OpenedRun(RunFile.parse(text, name: "audit")) { _ in }
        training = try opened.trainingRows()
        var arguments = PrivacyArguments.DifferentialPrivacy()
        (arguments.enabled, arguments.unit, arguments.clip, arguments.noiseMultiplier) = (true, .example, 1e-3, 3)
        own = try OwnPrivacy(
            arguments, units: ExampleUnits(rowCount: Self.count), plannedSteps: 1, unitsPerStep: Self.count,
            ledger: WorkerLedger(in: URL(filePath: folder.path)), lanes: 1)
    }

    /// What one step over some rows gives away, in the grid's steps; without noise the very sum.
    private func released(_ rows: [Int], isNoisy: Bool) throws -> [Double] {
        let kept = Mutex([Double]())
        let (grid, noise) = (own.grid, own.noise)
        let privacy = PrivateSteps(
            grid: grid, units: ExampleUnits(rowCount: Self.count), divisor: own.divisor, sample: { rows },
            noised: { sum in
                let noisy = try isNoisy ? noise.noised(sum, step: 1).map { Double($0) } : sum.map { Double($0) }
                kept.withLock { $0 = noisy }
                return noisy.map { Float($0 * grid.step) }
            })
        let computation = StepComputation(
            model: opened.adapted.model, weights: opened.adapted.weights, lanes: opened.lanes, checkpointing: false)
        let start = StateDict(opened.adapted.weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        defer { try? opened.adapted.weights.assign(start) }
        _ = try LocalStretch(
            computation, arguments: opened.configuration.training, options: StretchOptions(seed: 1)
        ).run(StretchPlan(steps: [[]]), on: training.rows, from: start, privacy: privacy)
        return kept.withLock { $0 }
    }

    /// How much of each row is in a release, by least squares: (G Gᵀ)⁻¹ G y.
    private func shares(of rows: [[Double]], in release: [Double]) -> [Double] {
        func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        var system = rows.map { row in rows.map { product(row, $0) } + [product(row, release)] }
        for pivot in system.indices {
            let best = system.indices[pivot...].max { abs(system[$0][pivot]) < abs(system[$1][pivot]) } ?? pivot
            system.swapAt(pivot, best)
            for row in system.indices where row != pivot {
                let factor = system[row][pivot] / system[pivot][pivot]
                for column in pivot...rows.count { system[row][column] -= factor * system[pivot][column] }
            }
        }
        return system.indices.map { system[$0][rows.count] / system[$0][$0] }
    }

    @Test("tells whether its rows were there only where there is no noise", arguments: [true, false])
    func rows(isNoisy: Bool) throws {
        let single = try (0..<Self.count).map { try released([$0], isNoisy: false) }
        var coins = SplitMix64(seed: 11)
        let included = (0..<Self.count).map { _ in coins.next() & 1 == 1 }
        let release = try released(included.indices.filter { included[$0] }, isNoisy: isNoisy)
        let guesses = shares(of: single, in: release).map { $0 > 0.5 }
        let audit = try OneRunAudit(
            canaries: Self.count, guesses: Self.count, correct: zip(guesses, included).count { $0 == $1 })
        let bound = try audit.lowerBound(delta: 1e-5)
        var ledger = PrivacyLedger(unit: .example)
        try ledger.append(own.release)
        let claimed = try ledger.spent(delta: 1e-5).epsilon
        #expect(claimed > 1 && claimed < 2)
        if isNoisy {
            #expect(bound < claimed, "\(audit)")
        } else {
            #expect(audit.correct == Self.count && bound > claimed, "\(audit)")
        }
    }
}
