import Foundation
import Models
import Testing

@testable import Adapters

@Suite("Reading a configuration")
struct ConfigurationReadingTests {
    @Test("Absent and null settings take PEFT's defaults")
    func defaults() throws {
        #expect(try configuration("{}") == AdapterConfiguration())
        #expect(try configuration(#"{"r": null, "bias": null, "target_modules": null}"#) == AdapterConfiguration())
    }

    @Test("Every setting is read")
    func everySetting() throws {
        let read = try configuration(
            """
            {"peft_type": "LORA", "r": 4, "lora_alpha": 0.5, "lora_dropout": 0.1, "target_modules": ["q_proj"],
             "exclude_modules": ".*head", "bias": "lora_only", "use_rslora": true, "modules_to_save": ["lm_head"],
             "init_lora_weights": "gaussian", "layers_to_transform": 3, "layers_pattern": "layers",
             "rank_pattern": {"b": 2, "a": 1}, "alpha_pattern": {"a": 1.5}, "fan_in_fan_out": true,
             "base_model_name_or_path": "m", "revision": "r", "task_type": "CAUSAL_LM"}
            """)
        var expected = AdapterConfiguration()
        expected.lora.factors.rank = 4
        expected.lora.factors.alpha = 0.5
        expected.lora.dropout = 0.1
        expected.targetModules = .names(["q_proj"])
        expected.excludeModules = .pattern(".*head")
        expected.bias = .loraOnly
        expected.lora.usesRankStabilisation = true
        expected.modulesToSave = ["lm_head"]
        expected.lora.initialWeights = .gaussian
        expected.layersToTransform = [3]
        expected.layersPattern = ["layers"]
        expected.lora.factors.rankPattern = [.init("b", 2), .init("a", 1)]
        expected.lora.factors.alphaPattern = [.init("a", 1.5)]
        expected.lora.fanInFanOut = true
        expected.baseModel = "m"
        expected.revision = "r"
        expected.taskType = "CAUSAL_LM"
        #expect(read == expected)
    }

    @Test("What is written is read back the same, patterns in their order")
    func roundTrip() throws {
        var original = try configuration(
            #"{"target_modules": ["v", "q"], "rank_pattern": {"z": 2, "a": 1}, "init_lora_weights": false}"#)
        original.inferenceMode = true
        let (read, notes) = try AdapterFolder.configuration(original.fileContents(), file: "f")
        #expect(read == original)
        #expect(notes == [])
    }

    @Test("all-linear is recognised in any case, and PEFT's word for no target at all")
    func specialTargets() throws {
        #expect(try configuration(#"{"target_modules": "ALL-linear"}"#).targetModules == .allLinear)
        let none = try configuration(#"{"target_modules": "dummy-target-modules", "bias": "all"}"#)
        #expect(none.targetModules == .names([]))
        #expect(
            String(decoding: none.fileContents(), as: UTF8.self).contains(#""target_modules": "dummy-target-modules""#))
    }

    @Test("A saved file's unknown keys are reported, not dropped silently")
    func unknownKeys() throws {
        let text = #"{"peft_type": "LORA", "target_modules": ["q"], "enable_lora": null, "merge_weights": false}"#
        let notes = try AdapterFolder.configuration(Data(text.utf8), file: "adapter_config.json").notes
        #expect(
            notes
                == ["enable_lora", "merge_weights"].map {
                    "adapter_config.json: the key \"\($0)\" is unknown to PEFT 0.21 and was ignored"
                })
    }

    @Test("Settings that are off are accepted", arguments: UnsupportedSetting.all.map(\.key))
    func switchedOff(_ key: String) throws {
        for off in ["null", "false", "[]", "{}"] { _ = try configuration(#"{"\#(key)": \#(off)}"#) }
    }

    @Test("A saved adapter's initialisation no longer matters where it left the base alone")
    func pastInitialisation() throws {
        let text = #"{"peft_type": "LORA", "init_lora_weights": "orthogonal"}"#
        let (read, notes) = try AdapterFolder.configuration(Data(text.utf8), file: "f")
        #expect(read.lora.initialWeights == .standard)
        #expect(notes == [#"f: init_lora_weights "orthogonal" is ignored, because the weights have been trained"#])
    }
}
