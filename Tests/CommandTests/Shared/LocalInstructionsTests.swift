import Federation
import Foundation
import Testing
import Training

@testable import lorad

@Suite("An order for training on a worker's own data")
struct LocalInstructionsTests {
    private static let text = """
        run: shared
        model: { path: base }
        adapter: { r: 4, target_modules: all-linear }
        data: { train: rows.json }
        training: { learning_rate: 1e-2, lr_scheduler_type: cosine, warmup_steps: 1, seed: 5 }
        federation: { mode: federated, rounds: 6, local_steps: 3, proximal_mu: 0.1 }
        """

    private static let lies: [(name: String, change: @Sendable (inout LocalInstructions) -> Void)] = [
        ("the learning rate's factor", { $0.options.learningRateFactor = 0 }),
        ("the learning rate's factor", { $0.options.learningRateFactor = .nan }),
        ("the learning rate's factor", { $0.options.learningRateFactor *= 1.001 }),
        ("steps", { $0.steps = 1 }), ("epochs", { $0.epochs = 1 }), ("the seed", { $0.options.seed = 6 }),
        ("the first step", { $0.options.firstStep = 0 }), ("proximal_mu", { $0.options.proximalStrength = 1e9 }),
        ("the frozen factor", { $0.options.frozenFactor = .loraA }),
    ]

    private func instructions(_ round: Int, _ more: String = "") throws -> LocalInstructions {
        let configuration = try RunFile.parse(Self.text + more, name: "run.yaml", checksDisk: false)
        return LocalInstructions(
            ofRound: round, trained: .both, configuration, try #require(configuration.federation))
    }

    @Test("is refused unless it is what the run file says, as with a learning rate of zero", arguments: lies.indices)
    func refused(index: Int) throws {
        let expected = try instructions(2)
        #expect(expected.options.learningRateFactor > 0.5 && expected.options.firstStep == 6)
        var order = expected
        try order.check(against: expected, round: 2)
        Self.lies[index].change(&order)
        let error = #expect(throws: FederationError.self) { try order.check(against: expected, round: 2) }
        #expect(error?.code == .brokenPromise)
        #expect(error?.message.contains("\(Self.lies[index].name) is ") == true, "\(error?.message ?? "")")
    }

    @Test("evaluates where the run file has no noise only")
    func evaluation() throws {
        let noise = "\nprivacy: { differential_privacy: { enabled: true, noise_multiplier: 1 } }"
        let (open, hidden) = (try instructions(2), try instructions(2, noise))
        #expect(open.evaluates && !hidden.evaluates)
        try hidden.check(against: open, round: 2)
        #expect(throws: FederationError.self) { try open.check(against: hidden, round: 2) }
    }

    @Test("has the same bytes each time it is written")
    func bytes() throws {
        let order = SharedWork.local(try instructions(4))
        #expect(try order.data() == order.data())
    }
}
