import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("Targets by parts of a model")
struct PartTargetsTests {
    private func plan(
        _ fixture: String, _ targets: String?, ranks: String? = nil, alphas: String? = nil, _ given: String = "{}"
    ) throws -> (plan: AdapterPlan, notes: [String]) {
        let json = { (text: String?) in try text.map { try JSONValue(parsing: Data($0.utf8), file: "test") } }
        let parts = try PartTargets(targets: json(targets), ranks: json(ranks), alphas: json(alphas))
        let folder = try ModelFolder(MergeCase.fixtures.appending(path: fixture))
        let survey = try folder.load(computing: .float32)
        var configuration = try configuration(given)
        let notes = try parts.resolve(into: &configuration, model: survey.model, modules: survey.modules)
        // What is written must say the same to PEFT, which reads nothing but its own keys.
        let written = try AdapterConfiguration(
            object: JSONValue(parsing: configuration.fileContents(), file: "adapter_config.json"))
        let plan = try AdapterPlan(configuration: written, modules: survey.modules, modelType: folder.modelType)
        return (plan, notes)
    }

    private func modules(_ plan: AdapterPlan) -> Set<String> { Set(plan.linears.map(\.path)) }

    @Test(
        "Every linear layer of a part gets one, but those whose output is not used",
        arguments: [
            (#""language""#, ["language_model"]), (#""vision""#, ["vision_tower"]),
            (#""connector""#, ["multi_modal_projector"]), (#""both""#, ["language_model", "vision_tower"]),
            (#"["connector", "language"]"#, ["multi_modal_projector", "language_model"]),
        ])
    func llava(targets: String, names: [String]) throws {
        let folder = try ModelFolder(MergeCase.fixtures.appending(path: "llava/llama-gqa"))
        let survey = try folder.load(computing: .float32)
        let expected = survey.modules.filter { module in
            module.kind == .linear && names.contains { module.path.hasPrefix("model.\($0).") }
                && !survey.model.unusedModules.contains { module.path.hasPrefix($0 + ".") }
        }
        #expect(!expected.isEmpty)
        #expect(modules(try plan("llava/llama-gqa", targets).plan) == Set(expected.map(\.path)))
    }

    @Test("A module that is a linear layer itself is a target too")
    func clip() throws {
        let found = modules(try plan("tiny-clip/model", #""connector""#).plan)
        #expect(found == ["visual_projection", "text_projection"])
        let towers = modules(try plan("tiny-clip/model", #""both""#).plan)
        #expect(towers.contains { $0.hasPrefix("text_model.") } && towers.contains { $0.hasPrefix("vision_model.") })
    }

    @Test("Ranks and alphas hold for their part, r and lora_alpha for the others")
    func ranks() throws {
        let (plan, notes) = try plan(
            "llava/llama-gqa", #"["vision", "language", "connector"]"#, ranks: #"{"vision": 6, "connector": 3}"#,
            alphas: #"{"vision": 24}"#, #"{"r": 2, "lora_alpha": 4}"#)
        for linear in plan.linears {
            let path = linear.path
            let rank = path.contains("vision_tower") ? 6 : path.contains("projector") ? 3 : 2
            let alpha = path.contains("vision_tower") ? 24.0 : 4
            #expect(linear.rank == rank && linear.scaling == alpha / Double(rank))
        }
        #expect(notes.contains { $0.contains("target_modules (.*\\.)?(vision_tower") })
        #expect(notes.contains { $0.contains("rank_pattern {vision_tower(\\..*)?: 6") })
    }

    @Test("Ranks may go with target_modules")
    func ranksAlone() throws {
        let (plan, _) = try plan(
            "llava/llama-gqa", nil, ranks: #"{"vision": 5}"#, #"{"target_modules": ["q_proj"], "r": 2}"#)
        #expect(Set(plan.linears.map(\.rank)) == [2, 5])
    }

    @Test("A part that a model does not have is named with those that it has")
    func missing() {
        let found = message { _ = try plan("llava/llama-gqa", #""cross_attention""#) }
        #expect(found.contains("this model has no cross_attention: its parts are vision, language, connector"))
    }
}
