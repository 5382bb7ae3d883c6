import Adapters
import Foundation
import Models
import Tensors
import Testing

/// How far bf16 may be from fp32: the farthest that torch in bf16 is from torch in fp32, over adapters that differ by 2%.
@Suite("LLaVA in bf16 against transformers and PEFT")
struct LlavaBFloat16Tests {
    @Test("Logits are within torch's own distance from fp32", arguments: LlavaGolden.all)
    func logits(golden: LlavaGolden) throws {
        let model = try golden.adapted(computing: .bfloat16).model
        let limit = golden.facts.bf16_distance.largest_of_draws.logits
        for (row, batch) in golden.rows.enumerated() {
            let expected = try #require(golden.tensors["logits.\(row)"])
            #expect(normDistance(model.logits(batch).values, expected.values) <= limit)
        }
    }

    @Test("Loss and gradients are within torch's own distance from fp32", arguments: LlavaGolden.all)
    func gradients(golden: LlavaGolden) throws {
        let (model, weights) = try golden.adapted(computing: .bfloat16)
        let limits = golden.facts.bf16_distance.largest_of_draws
        let tokens = golden.facts.supervised_tokens.reduce(0, +)
        let loss = model.loss(golden.packed)
        let mean = Double(loss.values[0]) / Double(tokens)
        #expect(abs(mean - golden.facts.loss) / golden.facts.loss <= limits.loss)
        let gradients = loss.backward(seed: 1 / Float(tokens))
        var (found, expected): ([Float], [Float]) = ([], [])
        for parameter in weights.parameters {
            guard let reference = golden.tensors["grad.\(parameter.description.key)"] else { continue }
            expected += reference.values
            found += try #require(gradients[parameter.tensor]).values
        }
        #expect(normDistance(found, expected) <= limits.gradients)
    }
}

/// ‖a − b‖ / ‖b‖.
func normDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let distance = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return (distance / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}
