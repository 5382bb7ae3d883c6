import Adapters
import Models
import Tensors
import Testing

@Suite("Gradients of single examples")
struct ExampleGradientTests {
    /// Cases where nothing but LoRA factors trains, and the output embedding has none.
    private static let cases = LlavaGolden.all.filter { golden in
        guard let parameters = try? golden.adapted(computing: .float32).weights.parameters else { return false }
        return parameters.allSatisfy {
            $0.description.factor != nil && !$0.description.path.hasPrefix("lm_head.")
        }
    }

    @Test("There are cases of images with one tile and with several")
    func found() {
        let names = Self.cases.map(\.name)
        #expect(names.contains("llama-gqa") && names.contains("idefics3-all-linear"))
    }

    @Test("are those of the examples by themselves, whatever shares the pass", arguments: cases)
    func equality(golden: LlavaGolden) throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let packed = golden.packed
        let keys = (0..<golden.facts.rows).map { UInt64($0) }
        let together = Tensor.$exampleKeys.withValue(keys) {
            model.loss(packed).backwardByExample(count: golden.facts.rows)
        }
        for (row, batch) in golden.rows.enumerated() {
            let alone = Tensor.$exampleKeys.withValue([keys[row]]) { model.loss(batch).backwardByExample(count: 1) }
            let plain = model.loss(batch).backward()
            for parameter in weights.parameters {
                let found = together.gradient(ofExample: row, for: parameter.tensor)?.values ?? []
                let single = alone.gradient(ofExample: 0, for: parameter.tensor)?.values ?? []
                #expect(found.map(\.bitPattern) == single.map(\.bitPattern), "\(parameter.description.key)")
                guard let expected = plain[parameter.tensor]?.values else {
                    #expect(found.allSatisfy { $0 == 0 }, "\(parameter.description.key)")
                    continue
                }
                #expect(relativeDistance(found, expected) < 1e-4, "\(parameter.description.key)")
            }
        }
    }
}
