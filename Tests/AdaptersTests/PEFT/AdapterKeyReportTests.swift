import Models
import Testing

@testable import Adapters

@Suite("A report on an adapter file's keys")
struct AdapterKeyReportTests {
    private let expected: [AdapterParameter]

    init() throws {
        let linear = try adaptedLinear("model.language_model.q", outputs: 8, inputs: 8, rank: 2)
        expected =
            LoRA().parameters(at: linear) + [
                .init(path: "lm_head.weight", shape: [4, 8], role: .saved),
                .init(path: "tower.norm.weight", shape: [8], role: .saved),
            ]
    }

    private func report(_ found: [String: [Int]]) throws -> AdapterKeyReport {
        let keys = found.map { (AdapterParameter.keyPrefix + $0.key, $0.value) }
        return try AdapterKeyReport(
            expected: expected, found: Dictionary(uniqueKeysWithValues: keys), file: "a.safetensors")
    }

    @Test("lists what matched, what is missing, what is unexpected and what is a copy")
    func lists() throws {
        let report = try report([
            "language_model.model.q.lora_A.weight": [2, 8], "language_model.model.q.lora_B.weight": [8, 2],
            "lm_head.weight": [4, 8], "k.lora_A.weight": [2, 8],
            "lm_head.modules_to_save.default.weight": [4, 8], "lm_head.original_module.weight": [4, 8],
        ])
        let prefix = AdapterParameter.keyPrefix
        #expect(
            report.matched == [
                .init(found: prefix + "lm_head.weight", key: prefix + "lm_head.weight"),
                .init(
                    found: prefix + "language_model.model.q.lora_A.weight",
                    key: prefix + "model.language_model.q.lora_A.weight"),
                .init(
                    found: prefix + "language_model.model.q.lora_B.weight",
                    key: prefix + "model.language_model.q.lora_B.weight"),
            ])
        #expect(report.missing == [prefix + "tower.norm.weight"])
        #expect(report.unexpected == [prefix + "k.lora_A.weight"])
        #expect(report.ignored.count == 2)
        #expect(
            report.description == "3 matched, 1 missing (base_model.model.tower.norm.weight), "
                + "1 unexpected (base_model.model.k.lora_A.weight), 2 copies ignored")
    }

    @Test("fails on a shape that differs, naming key, found and expected")
    func shapes() {
        let found = message { _ = try report(["model.language_model.q.lora_A.weight": [4, 8]]) }
        #expect(
            found.hasPrefix(
                "a.safetensors: base_model.model.model.language_model.q.lora_A.weight has shape [4, 8], expected [2, 8]"
            ))
    }

    @Test("fails on a module that is there in part, naming the first tensor and how many")
    func halves() {
        let found = message { _ = try report(["model.language_model.q.lora_B.weight": [8, 2]]) }
        #expect(found.hasPrefix("a.safetensors: 1 tensors are missing from incomplete modules, the first "))
        #expect(found.contains("base_model.model.model.language_model.q.lora_A.weight"))
    }

    @Test(
        "fails on tensors of what lorad does not do, whatever the configuration says",
        arguments: [
            "lora_magnitude_vector", "lora_B.bias", "lora_B.default.bias", "token_adapter.trainable_tokens_delta",
        ])
    func traces(name: String) {
        let found = message { _ = try report(["lm_head.weight": [4, 8], "model.language_model.q.\(name)": [8]]) }
        #expect(found.contains("q.\(name) is ") && found.contains("merge_and_unload"), "\(found)")
    }

    @Test("fails when nothing matches, with an example of each side")
    func nothing() {
        let found = message { _ = try report(["k.lora_A.weight": [2, 8]]) }
        #expect(found.contains("none of its keys belong to this model and configuration"))
        #expect(found.contains("found for example base_model.model.k.lora_A.weight, expected for example base_model"))
        #expect(message { _ = try report([:]) } == "a.safetensors: contains no tensors")
    }

    @Test("fails when two keys mean one tensor")
    func ambiguous() {
        let found = message {
            _ = try report([
                "model.language_model.q.lora_A.weight": [2, 8], "language_model.model.q.lora_A.weight": [2, 8],
            ])
        }
        #expect(found.contains("both mean base_model.model.model.language_model.q.lora_A.weight"))
    }
}
