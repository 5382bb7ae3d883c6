import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// Fixtures/optimizer/decay.json: what `Trainer.get_decay_parameter_names` says of every adapter under Fixtures.
@Suite("Weight decay")
struct WeightDecayTests {
    struct Names: Decodable {
        var decays: [String]
        var stays: [String]
    }

    private static let fixtures = LlavaGolden.fixtures
    private static let cases: [String: Names] = {
        let file = fixtures.appending(path: "optimizer/decay.json")
        return (try? JSONDecoder().decode([String: Names].self, from: Data(contentsOf: file))) ?? [:]
    }()

    @Test("is for the parameters that transformers' Trainer lets decay", arguments: cases.keys.sorted())
    func golden(name: String) throws {
        let expected = try #require(Self.cases[name])
        guard name != "names" else {
            for name in expected.decays { #expect(WeightDecay.applies(toName: name), "\(name)") }
            for name in expected.stays { #expect(!WeightDecay.applies(toName: name), "\(name)") }
            return
        }
        let folder = try ModelFolder(Self.fixtures.appending(path: name))
        let adapter = try AdapterFolder.configuration(in: folder.url.appending(path: "adapter"))
        let isContrastive = name.hasPrefix("clip")
        let plan = try AdapterPlan(
            configuration: adapter.configuration, modules: folder.load(computing: .float32).modules,
            modelType: folder.modelType, temperature: isContrastive ? ClipModel.logitScaleName : nil)
        var arguments = TrainingArguments()
        arguments.weightDecay = 0.25
        let weights = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        let slots = try StepOptimizer(weights, arguments).adamW.slots
        #expect(slots.filter { $0.weightDecay == 0.25 }.map(\.key).sorted() == expected.decays)
        #expect(slots.filter { $0.weightDecay == 0 }.map(\.key).sorted() == expected.stays)
    }

    @Test("has a golden for every adapter") func count() { #expect(Self.cases.count == 14) }
}
