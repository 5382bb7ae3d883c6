import Adapters
import Foundation
import Tensors
import Testing
import Training

@Suite("Gradients as named tensors")
struct StepGradientsTests {
    private let plan: AdapterPlan
    private let state: StateDict

    init() throws {
        plan = try TinyLlava().weights.plan
        state = StateDict(plan.parameters.map { ($0.key, Tensor(zeros: $0.shape)) })
    }

    private func refusal(_ change: (inout StateDict) -> Void) -> String? {
        var changed = state
        change(&changed)
        return errorMessage { try StepGradients(changed, loss: 1, of: plan) }
    }

    @Test("There and back nothing changes, and what nothing reached stays absent")
    func roundTrip() throws {
        var sparse = state
        sparse[plan.parameters[1].key] = nil
        let gradients = try StepGradients(sparse, loss: 2.5, of: plan)
        #expect(gradients.loss == 2.5)
        #expect(gradients.gradients[1] == nil && gradients.gradients[0] != nil)
        #expect(gradients.stateDict(of: plan).names == sparse.names)
    }

    @Test("Gradients from a mapped file can be summed")
    func mapped() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/gradients.safetensors"
        try StateDict(
            plan.parameters.map { ($0.key, Tensor(Array(repeating: 1, count: $0.shape.reduce(1, *)), shape: $0.shape)) }
        )
        .write(to: path)
        let read = { try StepGradients(SafetensorsFile(path: path).stateDict, loss: 1, of: plan) }
        let sum = StepGradients.sum(try read(), try read())
        #expect(sum.loss == 2)
        #expect(sum.gradients.allSatisfy { $0?.values.allSatisfy { $0 == 2 } == true })
    }

    @Test("Unknown keys, other shapes and other types are refused by name")
    func refusals() {
        let first = plan.parameters[0]
        #expect(refusal { _ in } == nil)
        #expect(
            refusal { $0["x"] = Tensor(zeros: [1]) }?.hasPrefix("a gradient of x, which is not trained here") == true)
        #expect(
            refusal { $0[first.key] = Tensor(zeros: [7]) }
                == "the gradient of \(first.key) is F32 [7], expected F32 \(first.shape): both sides must use the same adapter"
        )
        #expect(refusal { $0[first.key] = Tensor(integers: [7]) }?.contains("is I64 [1]") == true)
    }
}
