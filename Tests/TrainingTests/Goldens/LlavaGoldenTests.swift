import Adapters
import Models
import Tensors
import Testing

@Suite("LLaVA against transformers and PEFT")
struct LlavaGoldenTests {
    @Test("Every case is found")
    func cases() {
        #expect(LlavaGolden.all.count >= 8)
    }

    @Test("Logits are equal to 1e-4", arguments: LlavaGolden.all)
    func logits(golden: LlavaGolden) throws {
        let model = try golden.adapted(computing: .float32).model
        for (row, batch) in golden.rows.enumerated() {
            let expected = try #require(golden.tensors["logits.\(row)"])
            #expect(relativeDistance(model.logits(batch).values, expected.values) < 1e-4)
        }
    }

    @Test("Packed rows have the logits of single rows", arguments: LlavaGolden.all)
    func packing(golden: LlavaGolden) throws {
        let model = try golden.adapted(computing: .float32).model
        let expected = (0..<golden.facts.rows).flatMap { golden.tensors["logits.\($0)"]?.values ?? [] }
        #expect(relativeDistance(model.logits(golden.packed).values, expected) < 1e-4)
    }

    @Test("Loss is equal to 1e-5 and every gradient to 1e-4", arguments: LlavaGolden.all, [false, true])
    func gradients(golden: LlavaGolden, checkpointing: Bool) throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let loss = model.loss(golden.packed, checkpointing: checkpointing)
        let tokens = golden.facts.supervised_tokens.reduce(0, +)
        #expect(golden.packed.targets.rows.count == tokens)
        #expect(abs(Double(loss.values[0]) / Double(tokens) - golden.facts.loss) / golden.facts.loss < 1e-5)
        let gradients = loss.backward(seed: 1 / Float(tokens))
        #expect(weights.plan.trainableCount == golden.facts.trainable_parameters)
        for parameter in weights.parameters {
            let key = parameter.description.key
            let found = gradients[parameter.tensor]
            guard !golden.facts.no_gradient.contains(key) else {
                #expect(found == nil, "\(key) has a gradient")
                continue
            }
            let expected = try #require(golden.tensors["grad.\(key)"], "\(key) has no golden")
            if golden.facts.rounding_only.contains(key) {
                #expect((found?.values ?? []).allSatisfy { abs($0) < 1e-5 }, "\(key)")
            } else {
                #expect(relativeDistance(found?.values ?? [], expected.values) < 1e-4, "\(key)")
            }
        }
    }
}
