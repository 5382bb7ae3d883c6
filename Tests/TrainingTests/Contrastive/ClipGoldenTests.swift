import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("CLIP against transformers and PEFT")
struct ClipGoldenTests {
    @Test("Every case is found")
    func cases() { #expect(ClipGolden.all.count >= 5) }

    @Test("Embeddings and logits are equal to 1e-4", arguments: ClipGolden.all)
    func embeddings(golden: ClipGolden) throws {
        let model = try golden.adapted().model
        let pairs = try PairEmbeddings(model, golden.packed)
        let expected = try ["image_embeds", "text_embeds", "logits_per_image"].map {
            try #require(golden.tensors[$0]).values
        }
        #expect(relativeDistance(pairs.pictures.values, expected[0]) < 1e-4)
        #expect(relativeDistance(pairs.texts.values, expected[1]) < 1e-4)
        let logits = pairs.pictures.detached.scaled(byExponentialOf: model.logitScale.detached)
            .projected(by: [Projection(weight: pairs.texts.detached)])
        #expect(relativeDistance(logits.values, expected[2]) < 1e-4)
    }

    @Test("Both directions of the loss are equal to 1e-5", arguments: ClipGolden.all)
    func loss(golden: ClipGolden) throws {
        let model = try golden.adapted().model
        let loss = ContrastiveLoss(try PairEmbeddings(model, golden.packed), logitScale: model.logitScale)
        let (rows, facts) = (Double(golden.facts.rows), golden.facts)
        #expect(abs(loss.pictureToText / rows - facts.loss_image_to_text) < 1e-5 * facts.loss_image_to_text)
        #expect(abs(loss.textToPicture / rows - facts.loss_text_to_image) < 1e-5 * facts.loss_text_to_image)
        #expect(abs(loss.sum / rows - facts.loss) < 1e-5 * facts.loss)
    }

    @Test(
        "Every gradient is equal to 1e-4, the temperature's too, with graphs kept and made again",
        arguments: ClipGolden.all,
        [false, true])
    func gradients(golden: ClipGolden, recomputes: Bool) throws {
        let (model, weights) = try golden.adapted(learnsTemperature: true)
        let steps = ContrastiveSteps(model: model, weights: weights, lanes: Lanes(count: 1), recomputes: recomputes)
        let sum = try steps.gradients(of: golden.share(), from: ClipGoldenSource(golden: golden)) {}
        #expect(abs(sum.loss / Double(golden.facts.rows) - golden.facts.loss) < 1e-5 * golden.facts.loss)
        #expect(weights.plan.trainableCount == golden.facts.trainable_parameters + 1)
        for (parameter, found) in zip(weights.parameters, sum.gradients) {
            let key = parameter.description.key
            guard !golden.facts.no_gradient.contains(key) else {
                #expect(found == nil, "\(key) has a gradient")
                continue
            }
            let expected = try #require(golden.tensors["grad.\(key)"], "\(key) has no golden")
            if golden.facts.rounding_only.contains(key) {
                #expect((found?.values ?? []).allSatisfy { abs($0) < 1e-5 }, "\(key)")
            } else {
                #expect(
                    found?.shape == expected.shape && relativeDistance(found?.values ?? [], expected.values) < 1e-4,
                    "\(key)")
            }
        }
    }

    @Test("Parameters are counted as PEFT counts them", arguments: ClipGolden.all)
    func count(golden: ClipGolden) throws {
        let weights = try golden.adapted().weights
        let loaded = try ModelFolder(golden.folder).load(computing: .float32)
        let count = ParameterCount(
            plan: weights.plan, modules: loaded.modules, tiesEmbeddings: false, loose: loaded.looseParameterCount)
        #expect(count.trainable == golden.facts.trainable_parameters)
        #expect(count.all == golden.facts.all_parameters)
        #expect(loaded.unusedTensors.isEmpty)
    }
}
