import Adapters
import Tensors
import Testing

@Suite("Values assigned to an adapter")
struct AdapterAssignmentTests {
    private let weights: AdapterWeights
    private let values: StateDict

    init() throws {
        weights = try TinyLlava().weights
        values = StateDict(
            weights.plan.parameters.map { parameter in
                let count = parameter.shape.reduce(1, *)
                return (parameter.key, Tensor((0..<count).map { Float($0) }, shape: parameter.shape))
            })
    }

    @Test("All of them arrive in the tensors that the model uses")
    func assignment() throws {
        try weights.assign(values)
        #expect(weights.stateDict.bits == values.bits)
        let parameter = try #require(weights.parameters.first)
        #expect(weights.parameter(at: parameter.description.path)?.values == values[parameter.description.key]?.values)
        try weights.assign(weights.stateDict)
        #expect(weights.stateDict.bits == values.bits)
    }

    @Test("What does not fit is refused by name, and nothing has changed")
    func refusals() {
        let (before, last) = (weights.stateDict.bits, weights.plan.parameters[weights.plan.parameters.count - 1])
        func refusal(_ change: (inout StateDict) -> Void) -> String? {
            var changed = values
            change(&changed)
            return errorMessage { try weights.assign(changed) }
        }
        let cases: [(String?, String)] = [
            (refusal { $0[last.key] = nil }, "\(last.key) is missing"),
            (refusal { $0["other"] = Tensor(zeros: [1]) }, "other is not trained here"),
            (
                refusal { $0[last.key] = Tensor(zeros: [2, 3]) },
                "\(last.key) is F32 [2, 3], expected F32 \(last.shape)"
            ),
            (refusal { $0[last.key] = Tensor(integers: [1]) }, "\(last.key) is I64 [1]"),
            (refusal { $0[last.key]?.updateInPlace { $0[0] = .nan } }, "\(last.key) contains NaN or infinite values"),
        ]
        for (message, expected) in cases { #expect(message?.hasPrefix(expected) == true, "\(message ?? "taken")") }
        #expect(weights.stateDict.bits == before)
    }
}
