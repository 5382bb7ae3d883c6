import Adapters
import Federation
import Foundation
import Models
import Tensors
import Testing

@testable import lorad

@Suite("A new adapter")
struct UntrainedModelTests {
    private let weights: AdapterWeights
    private let model: UntrainedModel

    init() throws {
        var arguments = AdapterArguments()
        arguments.tree = [
            "target_modules": .string(".*language_model.*q_proj"), "modules_to_save": .array([.string("lm_head")]),
        ]
        let adapted = try AdaptedModel(
            ModelFolder(URL(filePath: TinyLlava.model)), adapter: arguments, computing: .float32, seed: 3)
        weights = adapted.weights
        model = UntrainedModel(adapted.weights, seed: 3)
    }

    /// The state that a run begins with, with one tensor changed.
    private func state(_ ending: String, _ change: (inout [Float]) -> Void) throws -> (StateDict, name: String) {
        var state = StateDict(weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        let name = try #require(state.names.first { $0.hasSuffix(ending) })
        let tensor = try #require(state[name])
        var values = tensor.values
        change(&values)
        state[name] = Tensor(values, shape: tensor.shape)
        return (state, name)
    }

    @Test("changes nothing, and its A is what the run's seed draws, at any rank")
    func unchanged() throws {
        #expect(model.change(in: weights.stateDict) == nil)
        let (state, name) = try state(".lora_A.weight") { $0[0] = -$0[0] }
        #expect(model.change(in: state) == "\(name) is not what the run's seed draws")
        #expect(UntrainedModel(weights, seed: 4).change(in: weights.stateDict)?.contains("seed") == true)
        let a = try #require(weights.stateDict[name])
        var narrow = weights.stateDict
        narrow[name] = weights.fresh(name, shape: [2, a.columns], seed: 3)
        #expect(narrow[name]?.shape == [2, a.shape[1]] && model.change(in: narrow) == nil)
        narrow[name] = Tensor(zeros: [2, 1])
        #expect(model.change(in: narrow) == "\(name) is not what the run's seed draws")
        #expect(try model.change(in: self.state(".lora_B.weight") { $0[0] = -0.0 }.0) == nil)
    }

    @Test("is none where B is not zero, a saved module is not the base's, or something else comes with it")
    func changed() throws {
        for value in [Float(1e-30), .nan] {
            let (state, name) = try state(".lora_B.weight") { $0[$0.count - 1] = value }
            #expect(model.change(in: state) == "\(name) is not zero")
        }
        let (saved, name) = try state("lm_head.weight") { $0[0] = $0[0].nextUp }
        #expect(model.change(in: saved) == "\(name) differs from the base model's")
        var more = weights.stateDict
        more["base_model.model.x.delta_A.weight"] = Tensor(zeros: [1, 1])
        #expect(model.change(in: more) == "base_model.model.x.delta_A.weight is no tensor of a new adapter")
    }

    @Test("gains nothing in frozen weights, unless the run's aggregation does that, and in the model's shapes only")
    func gains() throws {
        let name = try #require(weights.stateDict.names.first { $0.hasSuffix(".lora_A.weight") })
        let module = String(name.dropLast(".lora_A.weight".count))
        let (a, b) = (try #require(weights.stateDict[name]), try #require(weights.stateDict["\(module).lora_B.weight"]))
        func gain(_ inputs: Int, _ outputs: Int, _ value: Float = 1, of module: String) -> StateDict {
            StateDict([
                ("\(module).delta_A.weight", Tensor([Float](repeating: value, count: 2 * inputs), shape: [2, inputs])),
                ("\(module).delta_B.weight", Tensor([Float](repeating: 1, count: outputs * 2), shape: [outputs, 2])),
            ])
        }
        func refusal(_ state: StateDict, _ aggregation: String) -> String {
            let error = #expect(throws: FederationError.self) {
                try BaseDelta(state, weights.plan, aggregation: aggregation)
            }
            return error?.code == .brokenPromise ? error?.message ?? "" : "another error"
        }
        let (inputs, outputs) = (a.shape[1], b.shape[0])
        let good = gain(inputs, outputs, of: module)
        for aggregation in Aggregators.names {
            #expect(try BaseDelta(StateDict(), weights.plan, aggregation: aggregation).modules.isEmpty)
            guard !["flora", "fedex_lora"].contains(aggregation) else {
                #expect(try BaseDelta(good, weights.plan, aggregation: aggregation).modules.count == 1)
                continue
            }
            let words = refusal(good, aggregation)
            #expect(
                words.hasPrefix(
                    "the coordinator's state contains \(module).delta_A.weight, which would change frozen weights")
                    && words.hasSuffix("federation.aggregation: \(aggregation)"), "\(words)")
        }
        #expect(refusal(gain(inputs + 1, outputs, of: module), "flora").contains("expected [k, \(inputs)]"))
        #expect(refusal(gain(inputs, outputs + 1, of: module), "flora").contains("[\(outputs), k]"))
        #expect(refusal(gain(inputs, outputs, .infinity, of: module), "flora").contains("NaN or infinite"))
        #expect(refusal(gain(inputs, outputs, of: "base_model.model.x"), "flora").contains("belongs to no module"))
    }

    @Test("may have norms that another machine rounds differently, and a base that is the same in every bit")
    func norms() throws {
        var arguments = AdapterArguments()
        arguments.tree = [
            "target_modules": .string(".*language_model.*q_proj"), "use_dora": .bool(true),
            "modules_to_save": .array([.string("lm_head")]),
        ]
        let adapted = try AdaptedModel(
            ModelFolder(URL(filePath: TinyLlava.model)), adapter: arguments, computing: .float32, seed: 3)
        let (fresh, model) = (adapted.weights.stateDict, UntrainedModel(adapted.weights, seed: 3))
        let name = try #require(fresh.names.first { $0.contains(".lora_magnitude_vector") })
        func change(_ name: String, _ values: (inout [Float]) -> Void) throws -> String? {
            var state = fresh
            let tensor = try #require(fresh[name])
            var found = tensor.values
            values(&found)
            state[name] = Tensor(found, shape: tensor.shape)
            return model.change(in: state)
        }
        #expect(try change(name) { _ in } == nil)
        #expect(try change(name) { $0 = $0.map(\.nextUp) } == nil)
        for factor in [Float(1.0001), .nan, -1] {
            #expect(try change(name) { $0[0] *= factor } == "\(name) differs from the base model's")
        }
        let saved = try #require(fresh.names.first { $0.hasSuffix("lm_head.weight") })
        #expect(try change(saved) { $0[0] = $0[0].nextUp } == "\(saved) differs from the base model's")
    }
}
