import Adapters
import Foundation
import Models
import Tensors
import Testing

@Suite("LLaVA in bf16 against transformers and PEFT")
struct LlavaBFloat16Tests {
    /// Root mean square, over the cases, of a distance from fp32: ours and torch's own.
    private func distances(
        _ distance: (LlavaGolden) throws -> (ours: Double, torch: Double)
    ) throws -> (ours: Double, torch: Double) {
        let all = try LlavaGolden.all.map(distance)
        let mean = { (values: [Double]) in (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot() }
        return (mean(all.map(\.ours)), mean(all.map(\.torch)))
    }

    @Test("Logits are no farther from fp32 than torch's are")
    func logits() throws {
        let (ours, torch) = try distances { golden in
            let model = try golden.adapted(computing: .bfloat16).model
            let expected = (0..<golden.facts.rows).flatMap { golden.tensors["logits.\($0)"]?.values ?? [] }
            return (normDistance(model.logits(golden.packed).values, expected), golden.facts.bf16_distance.logits.norm)
        }
        #expect(ours <= torch)
    }

    @Test("Gradients are no farther from fp32 than torch's are")
    func gradients() throws {
        let (ours, torch) = try distances { golden in
            let (model, weights) = try golden.adapted(computing: .bfloat16)
            let tokens = golden.facts.supervised_tokens.reduce(0, +)
            let gradients = model.loss(golden.packed).backward(seed: 1 / Float(tokens))
            var (found, expected): ([Float], [Float]) = ([], [])
            for parameter in weights.parameters {
                guard let reference = golden.tensors["grad.\(parameter.description.key)"] else { continue }
                expected += reference.values
                found += try #require(gradients[parameter.tensor]).values
            }
            return (normDistance(found, expected), golden.facts.bf16_distance.gradients.norm_overall)
        }
        #expect(ours <= torch)
    }
}

/// ‖a − b‖ / ‖b‖.
func normDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let distance = zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
    return (distance / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}
